using Zurau.Consuming;

namespace Zurau.Embedded.Consuming;

/// <summary>What a consumer's transport knows of one assigned partition.</summary>
internal sealed class PartitionPosition(TopicPartition partition)
{
    private readonly ReadBackOff _backOff = new();

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
    internal bool IsBackingOff => _backOff.IsWaiting;

    /// <summary>Ends the back-off if its time has passed, and returns whether it lasts.</summary>
    internal bool CheckBackOff(TimeProvider time)
    {
        if (IsBackingOff && _backOff.Left(time) == TimeSpan.Zero)
        {
            _backOff.TryAgain();
        }

        return IsBackingOff;
    }

    /// <summary>Notes a failure and begins or doubles the back-off. Returns whether the error is another one than before.</summary>
    internal bool Fail(ErrorCode error, TimeProvider time)
    {
        bool isNews = LastError != error;
        LastError = error;
        _backOff.Fail(time);
        return isNews;
    }

    /// <summary>Notes that an attempt succeeded.</summary>
    internal void Succeed()
    {
        LastError = ErrorCode.None;
        _backOff.Reset();
    }
}
