using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Partitions whose next batch is corrupt. They are not read for a back-off, which doubles as long as they fail, while the others
/// continue. Not thread-safe.
/// </summary>
internal sealed class CorruptPartitions(IConsumerTransport transport, TimeProvider time)
{
    // A timer may fire by a tick of the system's coarse clock before its time. A poll whose
    // wait was shortened would then find nothing due and end too early.
    private static readonly TimeSpan s_early = TimeSpan.FromMilliseconds(5);

    private readonly Dictionary<TopicPartition, ReadBackOff> _backOffs = [];

    /// <summary>Notes a failure: the partition is not read until its back-off has passed.</summary>
    internal void Add(TopicPartition partition)
    {
        if (!_backOffs.TryGetValue(partition, out ReadBackOff? backOff))
        {
            _backOffs[partition] = backOff = new ReadBackOff();
        }

        backOff.Fail(time);
        transport.Pause([partition]);
    }

    /// <summary>Notes that a partition was read, sought or lost. Returns whether it was waiting.</summary>
    internal bool Remove(TopicPartition partition) =>
        _backOffs.Count > 0 && _backOffs.Remove(partition, out ReadBackOff? backOff) && backOff.IsWaiting;

    /// <summary>Resumes the partitions whose back-off has passed, unless they are paused by the owner. Returns whether there was one.</summary>
    internal bool ResumeDue(IReadOnlySet<TopicPartition> paused)
    {
        if (_backOffs.Count == 0)
        {
            return false;
        }

        TopicPartition[] due = [.. _backOffs.Where(entry => entry.Value.IsWaiting && entry.Value.Left(time) <= s_early).Select(entry => entry.Key)];
        if (due.Length == 0)
        {
            return false;
        }

        foreach (TopicPartition partition in due)
        {
            _backOffs[partition].TryAgain();
        }

        transport.Resume([.. due.Where(partition => !paused.Contains(partition))]);
        return true;
    }

    /// <summary>Shortens a wait so that it ends when the next back-off has passed.</summary>
    internal TimeSpan Shorten(TimeSpan wait)
    {
        foreach (ReadBackOff backOff in _backOffs.Values)
        {
            if (backOff.IsWaiting && (wait == Timeout.InfiniteTimeSpan || backOff.Left(time) < wait))
            {
                wait = backOff.Left(time);
            }
        }

        return wait;
    }
}
