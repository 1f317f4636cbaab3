namespace Zurau;

/// <summary>A record as it was read.</summary>
public sealed record ConsumerRecord<TKey, TValue>(
    string Topic,
    int Partition,
    long Offset,
    TKey Key,
    TValue Value,
    Headers Headers,
    DateTimeOffset Timestamp,
    TimestampType TimestampType)
{
    /// <summary>Where the record is from.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>The leader epoch of its batch; -1 when not known.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <summary>The timestamp as the log has it, which <see cref="Timestamp"/> cannot say where it is no date of .NET's.</summary>
    internal long TimestampMs { get; init; } = Timestamp.ToUnixTimeMilliseconds();
}
