using System.Buffers;

namespace Zurau.Serialization;

/// <summary>For <see cref="Null"/>: there is nothing to write, and bytes where null is expected are an error.</summary>
internal sealed class NullSerde : ISerializer<Null>, IDeserializer<Null>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(Null value) => 0;

    /// <inheritdoc/>
    public void Serialize(Null value, IBufferWriter<byte> destination)
    {
    }

    /// <inheritdoc/>
    public Null Deserialize(ReadOnlySpan<byte> bytes) =>
        throw new SerializationException(
            $"Null is expected, {bytes.Length} bytes were read; choose the type that was written, or byte[].",
            isKey: false);
}
