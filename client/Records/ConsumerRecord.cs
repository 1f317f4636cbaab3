namespace Zurau;

/// <summary>A record that was read.</summary>
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
    /// <summary>Gets the record's topic and partition.</summary>
    public TopicPartition TopicPartition => new(Topic, Partition);

    /// <summary>Gets the leader epoch of its batch; -1 if unknown.</summary>
    public int LeaderEpoch { get; init; } = -1;

    /// <summary>
    /// The timestamp as the log has it, which <see cref="Timestamp"/> cannot say where it
    /// is no date of .NET's.
    /// </summary>
    internal long TimestampMs { get; init; } = Timestamp.ToUnixTimeMilliseconds();
}
