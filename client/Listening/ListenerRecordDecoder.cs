using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>Copies records out of their batches without an object for each; see <see cref="ListenerRecord"/>.</summary>
internal sealed class ListenerRecordDecoder : IRecordDecoder<ListenerRecord>
{
    private readonly RecordMemory _memory = new();

    /// <inheritdoc/>
    public ListenerRecord Decode(TopicPartition partition, in RawRecord record) => new()
    {
        TopicPartition = partition,
        Offset = record.Offset,
        LeaderEpoch = record.LeaderEpoch,
        TimestampType = record.TimestampType,
        TimestampMs = record.TimestampMs,
        Headers = record.HeaderCount == 0 ? Headers.Empty : record.ReadHeaders(),
        Key = Copy(record.Key, record.IsKeyNull),
        Value = Copy(record.Value, record.IsValueNull),
    };

    /// <summary>Lets the bytes of every record that was decoded before be written over.</summary>
    public void Reuse() => _memory.Reuse();

    // Not as an expression: there null would become an empty memory, by way of a null array.
    private ReadOnlyMemory<byte>? Copy(ReadOnlySpan<byte> bytes, bool isNull)
    {
        if (isNull)
        {
            return null;
        }

        return _memory.Copy(bytes);
    }
}
