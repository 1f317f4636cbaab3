using System.Buffers;

namespace Zurau.Serialization;

/// <summary>Bytes as they are.</summary>
internal sealed class ByteArraySerde : ISerializer<byte[]>, IDeserializer<byte[]>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(byte[] value) => value.Length;

    /// <inheritdoc/>
    public void Serialize(byte[] value, IBufferWriter<byte> destination) => destination.Write(value);

    /// <inheritdoc/>
    public byte[] Deserialize(ReadOnlySpan<byte> bytes) => bytes.ToArray();
}
