using System.Buffers;

namespace Zurau.Serialization;

/// <summary>Bytes as they are; read ones are a copy, because the log's bytes are leased for the call only.</summary>
internal sealed class MemorySerde : ISerializer<ReadOnlyMemory<byte>>, IDeserializer<ReadOnlyMemory<byte>>, IBuiltInSerializer
{
    /// <inheritdoc/>
    public int SizeOf(ReadOnlyMemory<byte> value) => value.Length;

    /// <inheritdoc/>
    public void Serialize(ReadOnlyMemory<byte> value, IBufferWriter<byte> destination) => destination.Write(value.Span);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Deserialize(ReadOnlySpan<byte> bytes) => bytes.ToArray();
}
