using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Compares the leader epochs of a reader with those of a log (KIP-320). Thread-safe.
/// </summary>
internal sealed class EpochLookup(LeaderEpochs leaderEpochs, LogOffsets offsets, int latest)
{
    /// <summary>The epoch that the log writes into every batch.</summary>
    internal int Latest => latest;

    /// <summary>
    /// Compares a reader's current leader epoch; -1 is not checked. An old epoch is fenced, a
    /// newer one is not known here.
    /// </summary>
    internal ErrorCode Check(int currentLeaderEpoch) =>
        currentLeaderEpoch < 0 || currentLeaderEpoch == Latest ? ErrorCode.None
        : currentLeaderEpoch < Latest ? ErrorCode.FencedLeaderEpoch
        : ErrorCode.UnknownLeaderEpoch;

    /// <summary>Finds the end of an epoch, or of the largest one before it.</summary>
    internal EpochEndOffset EndOf(int leaderEpoch)
    {
        long logEndOffset = offsets.ReadEnd().Offset;
        if (leaderEpoch < 0)
        {
            return new EpochEndOffset(ErrorCode.None, -1, -1);
        }

        if (leaderEpoch == Latest)
        {
            return new EpochEndOffset(ErrorCode.None, leaderEpoch, logEndOffset);
        }

        int floor = -1;
        foreach ((int epoch, long startOffset) in leaderEpochs.Entries)
        {
            if (epoch > leaderEpoch)
            {
                // An epoch older than the first remaining record ends at the log start.
                return new EpochEndOffset(ErrorCode.None, floor < 0 ? leaderEpoch : floor, startOffset);
            }

            floor = epoch;
        }

        return new EpochEndOffset(ErrorCode.None, -1, -1); // Newer than all epochs of the log.
    }

    /// <summary>
    /// Compares the epoch of a reader's last record; returns the offset to truncate to if the
    /// log has different records there.
    /// </summary>
    internal ErrorCode Check(long fetchOffset, int lastFetchedEpoch, out DivergingEpoch? diverging)
    {
        diverging = null;
        EpochEndOffset end = EndOf(lastFetchedEpoch);
        if (end.EndOffset < 0 || fetchOffset < offsets.Start)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        if (end.LeaderEpoch < lastFetchedEpoch || end.EndOffset < fetchOffset)
        {
            diverging = new DivergingEpoch(end.LeaderEpoch, end.EndOffset);
        }

        return ErrorCode.None;
    }

    /// <summary>Returns the epoch of the first remaining record; -1 if it is not known.</summary>
    internal int Earliest() =>
        leaderEpochs.Entries is [var first, ..] && first.StartOffset <= offsets.Start ? first.Epoch : -1;
}
