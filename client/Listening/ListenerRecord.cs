using Zurau.Consuming;

namespace Zurau.Listening;

/// <summary>
/// One record as a listener's loop has it. A value and no object, and its bytes lie in memory that the loop uses again: both are good until
/// the loop's next poll. Whoever needs it longer takes a <see cref="Copy"/>.
/// </summary>
internal readonly struct ListenerRecord
{
    public required TopicPartition TopicPartition { get; init; }

    public required long Offset { get; init; }

    /// <summary>The leader epoch of its batch; -1 when not known.</summary>
    public required int LeaderEpoch { get; init; }

    public required TimestampType TimestampType { get; init; }

    /// <summary>Milliseconds since 1970, as the log has it.</summary>
    public required long TimestampMs { get; init; }

    public DateTimeOffset Timestamp => RecordTime.From(TimestampMs);

    public required Headers Headers { get; init; }

    public required ReadOnlyMemory<byte>? Key { get; init; }

    public required ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>The same as an object with bytes of its own.</summary>
    public ConsumerRecord<byte[]?, byte[]?> Copy() =>
        new(TopicPartition.Topic, TopicPartition.Partition, Offset, Key?.ToArray(), Value?.ToArray(), Headers, Timestamp, TimestampType)
        {
            LeaderEpoch = LeaderEpoch,
            TimestampMs = TimestampMs,
        };
}
