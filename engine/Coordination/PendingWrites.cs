using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Knows in which partitions of <c>__consumer_offsets</c> an open transaction has offsets of which groups, and orders the append of such
/// offsets against the end of their transaction. Its locks are striped by group id, so that a request that is refused leaves no group in
/// memory. Thread-safe.
/// </summary>
internal sealed class PendingWrites
{
    private const int Stripes = 64;
    private readonly FileLock[] _locks = new FileLock[Stripes];
    private readonly Lock _lock = new(); // Guards _open; held briefly, and taken after a stripe.
    private readonly Dictionary<(int Partition, long ProducerId), HashSet<string>> _open = [];

    internal PendingWrites(LogHooks? hooks)
    {
        for (int i = 0; i < Stripes; i++)
        {
            _locks[i] = new FileLock(hooks);
        }
    }

    /// <summary>Waits for other appends of the group's offsets, and for the end of their transactions, and keeps them out until disposed.</summary>
    internal Lock.Scope Enter(string groupId) => _locks[JavaHash.Partition(groupId, Stripes)].Enter();

    /// <summary>Notes a group before the append of its offsets. The caller has entered the group.</summary>
    internal void Add(int partition, long producerId, string groupId)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue((partition, producerId), out HashSet<string>? groups))
            {
                _open[(partition, producerId)] = groups = new HashSet<string>(StringComparer.Ordinal);
            }

            groups.Add(groupId);
        }
    }

    /// <summary>Takes a note back whose append was refused. The caller has entered the group.</summary>
    internal void Remove(int partition, long producerId, string groupId)
    {
        lock (_lock)
        {
            if (_open.TryGetValue((partition, producerId), out HashSet<string>? groups) && groups.Remove(groupId) && groups.Count == 0)
            {
                _open.Remove((partition, producerId));
            }
        }
    }

    /// <summary>Removes and returns the groups whose offsets a producer's transaction has in a partition.</summary>
    internal IReadOnlyCollection<string> TakeGroups(int partition, long producerId)
    {
        lock (_lock)
        {
            return _open.Remove((partition, producerId), out HashSet<string>? groups) ? groups : [];
        }
    }
}
