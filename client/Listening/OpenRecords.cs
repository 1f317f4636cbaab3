using Microsoft.Extensions.Logging;
using Zurau.Consuming;

namespace Zurau.Listening;

/// <summary>
/// Reports records that are not acknowledged for too long, and pauses partitions in which too many wait for one. Only the loop uses it.
/// </summary>
internal sealed class OpenRecords(ConsumerCore<ListenerRecord> core, ListenerSettings settings, ListenerCounters counters, ILogger logger)
{
    /// <summary>Records of a partition that may wait for an unacknowledged one before the partition is paused.</summary>
    internal const int MaxWaiting = 10_000;

    /// <summary>Checks the partitions; at the end of each poll.</summary>
    public void Check(IReadOnlyCollection<PartitionState> partitions, long nowMs)
    {
        foreach (PartitionState state in partitions)
        {
            if (state.Tracker.OldestOpen is { IsReported: false } open && nowMs - open.StartedMs >= settings.Consumer.MaxPollIntervalMs)
            {
                open.IsReported = true;
                counters.AddUnacknowledged(state.Partition.Topic);
                var age = TimeSpan.FromMilliseconds(nowMs - open.StartedMs);
                ListenerLog.Unacknowledged(logger, settings.Id, state.Partition, open.Offset, age);
            }

            BoundWaiting(state);
        }
    }

    private void BoundWaiting(PartitionState state)
    {
        int waiting = state.Tracker.Count;
        if (!state.IsFull && waiting >= MaxWaiting)
        {
            state.IsFull = true;
            core.Pause([state.Partition]);
            ListenerLog.PausedFull(logger, settings.Id, state.Partition, waiting);
        }
        else if (state.IsFull && waiting < MaxWaiting / 2)
        {
            state.IsFull = false;
            if (state.ResumeAtMs is null)
            {
                core.Resume([state.Partition]);
            }
        }
    }
}
