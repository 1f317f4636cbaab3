using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>
/// A partition of an open topic. If its files are damaged or cannot be opened it is
/// offline: it cannot be used, and its checkpointed offsets are kept, so that a later
/// startup truncates nothing.
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

    /// <summary>
    /// True if its folder did not exist at startup, because it was moved away; the
    /// partition is then empty.
    /// </summary>
    internal bool WasLost { get; init; }

    /// <summary>Its log; null if it is offline.</summary>
    internal PartitionLog? Log { get; }

    /// <summary>
    /// Why it is offline, with the file and the remedy; null if it is online.
    /// </summary>
    internal string? OfflineReason { get; }

    /// <summary>The checkpointed value, if it is offline.</summary>
    internal long RecoveryPoint { get; }

    /// <summary>The checkpointed value, if it is offline.</summary>
    internal long LogStartOffset { get; }

    /// <summary>The checkpointed value, if it is offline.</summary>
    internal long CleanedOffset { get; }
}
