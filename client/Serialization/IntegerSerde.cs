using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Zurau.Serialization;

/// <summary>Integers of fixed size in big-endian order, as Kafka's Short-, Integer- and LongSerializer write them.</summary>
internal sealed class IntegerSerde<T> : ISerializer<T>, IDeserializer<T>, IBuiltInSerializer
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public int SizeOf(T value) => Unsafe.SizeOf<T>();

    /// <inheritdoc/>
    public void Serialize(T value, IBufferWriter<byte> destination) =>
        destination.Advance(value.WriteBigEndian(destination.GetSpan(Unsafe.SizeOf<T>())));

    /// <inheritdoc/>
    public T Deserialize(ReadOnlySpan<byte> bytes)
    {
        FixedSize.Check(bytes, Unsafe.SizeOf<T>(), typeof(T).Name);
        return T.ReadBigEndian(bytes, isUnsigned: false);
    }
}
