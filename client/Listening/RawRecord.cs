namespace Zurau.Listening;

/// <summary>A record as the log has it. The bytes are its own and are never shown to a handler, so a dead letter has them unchanged.</summary>
internal sealed record RawRecord(TopicPartition TopicPartition, long Offset, byte[]? Key, byte[]? Value, Headers Headers)
{
    public required long TimestampMs { get; init; }

    public required TimestampType TimestampType { get; init; }

    public required int LeaderEpoch { get; init; }
}
