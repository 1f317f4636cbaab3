using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>Compares what a reader knows of leader epochs with a log (KIP-320). Thread-safe.</summary>
internal static class EpochLookup
{
    /// <summary>Compares a reader's current leader epoch; -1 is not checked. An old epoch is fenced, a newer one is not known here.</summary>
    internal static ErrorCode Check(PartitionLog log, int currentLeaderEpoch) =>
        currentLeaderEpoch < 0 || currentLeaderEpoch == log.LeaderEpoch ? ErrorCode.None
        : currentLeaderEpoch < log.LeaderEpoch ? ErrorCode.FencedLeaderEpoch
        : ErrorCode.UnknownLeaderEpoch;

    /// <summary>Finds the end of an epoch, or of the largest one before it.</summary>
    internal static EpochEndOffset EndOf(PartitionLog log, int leaderEpoch)
    {
        long logEndOffset = log.ReadEnd().Offset;
        if (leaderEpoch < 0)
        {
            return new EpochEndOffset(ErrorCode.None, -1, -1);
        }

        if (leaderEpoch == log.LeaderEpoch)
        {
            return new EpochEndOffset(ErrorCode.None, leaderEpoch, logEndOffset);
        }

        int floor = -1;
        foreach ((int epoch, long startOffset) in log.Upkeep.LeaderEpochs.Entries)
        {
            if (epoch > leaderEpoch)
            {
                // An epoch from before the first record that is left ends where the log starts.
                return new EpochEndOffset(ErrorCode.None, floor < 0 ? leaderEpoch : floor, startOffset);
            }

            floor = epoch;
        }

        return new EpochEndOffset(ErrorCode.None, -1, -1); // Newer than all epochs of the log.
    }

    /// <summary>Compares the epoch of a reader's last record; tells where to go back to if the log has other records there.</summary>
    internal static ErrorCode Check(PartitionLog log, long fetchOffset, int lastFetchedEpoch, out DivergingEpoch? diverging)
    {
        diverging = null;
        EpochEndOffset end = EndOf(log, lastFetchedEpoch);
        if (end.EndOffset < 0 || fetchOffset < log.LogStartOffset)
        {
            return ErrorCode.OffsetOutOfRange;
        }

        if (end.LeaderEpoch < lastFetchedEpoch || end.EndOffset < fetchOffset)
        {
            diverging = new DivergingEpoch(end.LeaderEpoch, end.EndOffset);
        }

        return ErrorCode.None;
    }

    /// <summary>The epoch of the first record that is left; -1 if it is not known.</summary>
    internal static int Earliest(PartitionLog log) =>
        log.Upkeep.LeaderEpochs.Entries is [var first, ..] && first.StartOffset <= log.LogStartOffset ? first.Epoch : -1;
}
