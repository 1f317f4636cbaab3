using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>
/// A partition of an open topic. One whose files are damaged or cannot be opened is offline: it is served to nobody, and what its
/// checkpoints said of it is kept, so that nothing of it is cut at a later start.
/// </summary>
internal sealed class Partition
{
    internal Partition(PartitionLog log) => Log = log;

    internal Partition(string offlineReason, long recoveryPoint, long logStartOffset, long cleanedOffset)
    {
        OfflineReason = offlineReason;
        RecoveryPoint = recoveryPoint;
        LogStartOffset = logStartOffset;
        CleanedOffset = cleanedOffset;
    }

    /// <summary>Whether its folder was not there at startup: somebody moved it away, and the partition goes on empty.</summary>
    internal bool WasLost { get; init; }

    /// <summary>Its log; null when it is offline.</summary>
    internal PartitionLog? Log { get; }

    /// <summary>Why it is offline, with the file and what to do; null when it is not.</summary>
    internal string? OfflineReason { get; }

    /// <summary>As checkpointed, for one that is offline.</summary>
    internal long RecoveryPoint { get; }

    /// <summary>As checkpointed, for one that is offline.</summary>
    internal long LogStartOffset { get; }

    /// <summary>As checkpointed, for one that is offline.</summary>
    internal long CleanedOffset { get; }
}
