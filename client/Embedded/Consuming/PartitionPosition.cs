namespace Zurau.Embedded.Consuming;

/// <summary>What a consumer's transport knows of one assigned partition.</summary>
internal sealed class PartitionPosition(TopicPartition partition)
{
    // Kafka's retry.backoff.ms and retry.backoff.max.ms.
    private const int FirstBackOffMs = 100;
    private const int LongestBackOffMs = 1000;

    private int _backOffMs;
    private long _failedAt;

    internal TopicPartition Partition { get; } = partition;

    /// <summary>The next offset to hand out; null until it is known.</summary>
    internal long? Offset { get; set; }

    /// <summary>The topic that the offset belongs to; empty before there was one.</summary>
    internal Guid TopicId { get; set; }

    internal bool IsPaused { get; set; }

    /// <summary>Whether its topic was created after the consumer had requested it: it is then read from its creation on.</summary>
    internal bool IsNew { get; set; }

    /// <summary>Whether its topic was deleted: its next position belongs to another topic, and is reported.</summary>
    internal bool WasDeleted { get; set; }

    /// <summary>The last problem, so that it is logged once and not at each attempt.</summary>
    internal ErrorCode LastError { get; private set; }

    /// <summary>Whether it is not tried now, after a failure; other partitions continue.</summary>
    internal bool IsBackingOff { get; private set; }

    /// <summary>Ends the back-off if its time has passed, and returns whether it lasts.</summary>
    internal bool CheckBackOff(TimeProvider time)
    {
        if (IsBackingOff)
        {
            IsBackingOff = time.GetElapsedTime(_failedAt).TotalMilliseconds < _backOffMs;
        }

        return IsBackingOff;
    }

    /// <summary>Notes a failure and begins or doubles the back-off. Returns whether the error is another one than before.</summary>
    internal bool Fail(ErrorCode error, TimeProvider time)
    {
        bool isNews = LastError != error;
        LastError = error;
        _failedAt = time.GetTimestamp();
        _backOffMs = Math.Clamp(_backOffMs * 2, FirstBackOffMs, LongestBackOffMs);
        IsBackingOff = true;
        return isNews;
    }

    /// <summary>Notes that an attempt succeeded.</summary>
    internal void Succeed()
    {
        LastError = ErrorCode.None;
        _backOffMs = 0;
        IsBackingOff = false;
    }
}
