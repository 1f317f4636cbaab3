namespace Zurau.Listening;

/// <summary>What a listener knows of one assigned partition. Only the listener's loop touches it, but for the tracker.</summary>
internal sealed class PartitionState(TopicPartition partition, OffsetTracker tracker)
{
    /// <summary>Offset of the record that failed last; -1 for none. Only one can: its partition waits for it.</summary>
    private long _failedOffset = -1;

    private int _failures;

    private Type? _failureType;

    public TopicPartition Partition { get; } = partition;

    public OffsetTracker Tracker { get; } = tracker;

    /// <summary>Where reading began after the assignment; null until that is known.</summary>
    public long? StartPosition { get; set; }

    /// <summary>What its last record was handed out with; null before the first one.</summary>
    public Delivery? LastDelivery { get; set; }

    /// <summary>The poll whose remaining records of this partition are passed over: they come again.</summary>
    public long SkippedPoll { get; set; } = -1;

    /// <summary>When a paused partition goes on; null when it is not paused for a time.</summary>
    public long? ResumeAtMs { get; set; }

    /// <summary>True while it is paused because too many records wait behind one that nobody acknowledges.</summary>
    public bool IsFull { get; set; }

    /// <summary>Which delivery of the record this is, from 1.</summary>
    public int AttemptOf(long offset) => offset == _failedOffset ? _failures + 1 : 1;

    /// <summary>Counts a failure; another class of exception starts the count again, as Spring does.</summary>
    public int AddFailure(long offset, Exception exception)
    {
        bool isSame = offset == _failedOffset && exception.GetType() == _failureType;
        _failures = isSame ? _failures + 1 : 1;
        _failedOffset = offset;
        _failureType = exception.GetType();
        return _failures;
    }

    /// <summary>Forgets the failures: the record is done, or starts again.</summary>
    public void ClearFailures()
    {
        _failedOffset = -1;
        _failures = 0;
        _failureType = null;
    }
}
