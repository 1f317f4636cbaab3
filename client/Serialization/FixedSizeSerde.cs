using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Zurau.Serialization;

/// <summary>Numbers of fixed size in big-endian order, as Kafka's Short-, Integer-, Long-, Float- and DoubleSerializer write them.</summary>
/// <typeparam name="T">The number.</typeparam>
/// <typeparam name="TBits">An integer with the same bits.</typeparam>
internal sealed class FixedSizeSerde<T, TBits> : ISerializer<T>, IDeserializer<T>, IBuiltInSerializer
    where T : unmanaged
    where TBits : unmanaged, IBinaryInteger<TBits>
{
    /// <inheritdoc/>
    public int SizeOf(T value) => Unsafe.SizeOf<T>();

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> destination) =>
        destination.Advance(Unsafe.BitCast<T, TBits>(value).WriteBigEndian(destination.GetSpan(Unsafe.SizeOf<T>())));

    /// <inheritdoc/>
    public T Deserialize(ReadOnlySpan<byte> bytes)
    {
        ValueSize.Check(bytes, Unsafe.SizeOf<T>(), typeof(T).Name);
        return Unsafe.BitCast<TBits, T>(TBits.ReadBigEndian(bytes, isUnsigned: false));
    }
}
