using System.Diagnostics.CodeAnalysis;

namespace Zurau.Engine.Coordination;

/// <summary>
/// When the deadlines of groups are checked. A deadline that moves to a later time, as
/// each heartbeat does, changes nothing here: the check finds it and schedules the next
/// one. Thread-safe; its lock is held briefly.
/// </summary>
internal sealed class GroupTimers
{
    private readonly Lock _lock = new();
    private readonly PriorityQueue<Group, long> _checks = new(); // An entry with another time than its group's is outdated.

    /// <summary>Wakes the duty that checks the deadlines.</summary>
    internal Action Wake { get; set; } = static () => { };

    /// <summary>The next check; <see cref="long.MaxValue"/> for none.</summary>
    internal long NextMs
    {
        get
        {
            lock (_lock)
            {
                return _checks.TryPeek(out _, out long dueMs) ? dueMs : long.MaxValue;
            }
        }
    }

    /// <summary>Checks a group at a time, unless an earlier check is scheduled.</summary>
    internal void Schedule(Group group, long dueMs)
    {
        bool isFirst;
        lock (_lock)
        {
            if (group.CheckMs <= dueMs)
            {
                return;
            }

            isFirst = !_checks.TryPeek(out _, out long firstMs) || dueMs < firstMs;
            group.CheckMs = dueMs;
            _checks.Enqueue(group, dueMs);
        }

        if (isFirst)
        {
            Wake();
        }
    }

    /// <summary>Removes a check that is due.</summary>
    internal bool TryTake(long nowMs, [NotNullWhen(true)] out Group? group)
    {
        lock (_lock)
        {
            while (_checks.TryPeek(out group, out long dueMs) && dueMs <= nowMs)
            {
                _checks.Dequeue();
                if (group.CheckMs == dueMs)
                {
                    group.CheckMs = null;
                    return true;
                }
            }
        }

        group = null;
        return false;
    }
}
