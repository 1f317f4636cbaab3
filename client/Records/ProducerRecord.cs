namespace Zurau;

/// <summary>A record to send.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Key">The key: records with the same key keep their order in one
/// partition. May be null.</param>
/// <param name="Value">The value; null is a tombstone in a compacted topic.</param>
public sealed record ProducerRecord<TKey, TValue>(string Topic, TKey Key, TValue Value)
{
    /// <summary>Gets the partition; null lets the partitioner choose.</summary>
    public int? Partition { get; init; }

    /// <summary>Gets the timestamp; null for the current time.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>
    /// Gets the headers; null for none. Must not change until the send has returned.
    /// </summary>
    public Headers? Headers { get; init; }
}
