using System.Buffers;
using System.Buffers.Binary;

namespace Zurau.Serialization;

/// <summary>32-bit floating point in big-endian order, as Kafka's FloatSerializer writes it.</summary>
internal sealed class SingleSerde : ISerializer<float>, IDeserializer<float>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(float value) => sizeof(float);

    /// <inheritdoc/>
    public void Serialize(float value, IBufferWriter<byte> destination)
    {
        BinaryPrimitives.WriteSingleBigEndian(destination.GetSpan(sizeof(float)), value);
        destination.Advance(sizeof(float));
    }

    /// <inheritdoc/>
    public float Deserialize(ReadOnlySpan<byte> bytes)
    {
        FixedSize.Check(bytes, sizeof(float), nameof(Single));
        return BinaryPrimitives.ReadSingleBigEndian(bytes);
    }
}
