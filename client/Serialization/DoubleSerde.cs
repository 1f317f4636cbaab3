using System.Buffers;
using System.Buffers.Binary;

namespace Zurau.Serialization;

/// <summary>64-bit floating point in big-endian order, as Kafka's DoubleSerializer writes it.</summary>
internal sealed class DoubleSerde : ISerializer<double>, IDeserializer<double>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(double value) => sizeof(double);

    /// <inheritdoc/>
    public void Serialize(double value, IBufferWriter<byte> destination)
    {
        BinaryPrimitives.WriteDoubleBigEndian(destination.GetSpan(sizeof(double)), value);
        destination.Advance(sizeof(double));
    }

    /// <inheritdoc/>
    public double Deserialize(ReadOnlySpan<byte> bytes)
    {
        FixedSize.Check(bytes, sizeof(double), nameof(Double));
        return BinaryPrimitives.ReadDoubleBigEndian(bytes);
    }
}
