namespace Zurau;

/// <summary>A record to send.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Key">The key: records of one key keep their order in one partition. Null is allowed.</param>
/// <param name="Value">The value; null is a tombstone in a compacted topic.</param>
public sealed record ProducerRecord<TKey, TValue>(string Topic, TKey Key, TValue Value)
{
    /// <summary>The partition; null lets the partitioner choose.</summary>
    public int? Partition { get; init; }

    /// <summary>The record's time; null takes the clock's.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>The headers; null for none. Must not change until the send has returned.</summary>
    public Headers? Headers { get; init; }
}
