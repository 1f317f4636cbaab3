namespace Zurau.Testing.Simulation;

/// <summary>
/// The directory changes that are not durable yet, oldest first. Each change is atomic: a
/// rename changes both names or neither. Guarded by the disk's lock.
/// </summary>
internal sealed class EntryJournal
{
    private readonly List<EntryChange[]> _pending = [];

    /// <summary>Applies a change for processes and records it as not durable.</summary>
    internal void Do(params EntryChange[] changes)
    {
        foreach (EntryChange change in changes)
        {
            change.Directory.Set(change.Name, change.Node);
        }

        _pending.Add(changes);
    }

    internal bool HasPending => _pending.Count > 0;

    internal IEnumerable<DiskNode> PendingNodes => _pending.SelectMany(static changes => changes).Select(static change => change.Node).OfType<DiskNode>();

    internal void Commit()
    {
        _pending.ForEach(Apply);
        _pending.Clear();
    }

    /// <summary>
    /// Makes the changes of a directory durable, and earlier changes of other directories
    /// that a rename connects with them.
    /// </summary>
    internal void Commit(DiskDirectory directory)
    {
        var directories = new HashSet<DiskDirectory> { directory };
        var chosen = new List<EntryChange[]>();
        for (int i = _pending.Count - 1; i >= 0; i--)
        {
            EntryChange[] changes = _pending[i];
            if (Array.Exists(changes, change => directories.Contains(change.Directory)))
            {
                directories.UnionWith(changes.Select(static change => change.Directory));
                chosen.Add(changes);
                _pending.RemoveAt(i);
            }
        }

        for (int i = chosen.Count - 1; i >= 0; i--)
        {
            Apply(chosen[i]);
        }
    }

    /// <summary>
    /// Decides which changes are kept, and makes the durable entries visible to
    /// processes.
    /// </summary>
    internal void LosePower(EntryLoss loss, SimRandom random)
    {
        if (_pending.Count == 0)
        {
            return;
        }

        DiskDirectory[] changed = [.. _pending.SelectMany(static changes => changes).Select(static change => change.Directory).Distinct()];
        int kept = loss == EntryLoss.None ? _pending.Count : random.Next(_pending.Count + 1);
        for (int i = 0; i < _pending.Count; i++)
        {
            if (loss == EntryLoss.Any ? random.NextBool() : i < kept)
            {
                Apply(_pending[i]);
            }
        }

        _pending.Clear();
        foreach (DiskDirectory directory in changed)
        {
            directory.UnlinkAll();
        }

        foreach (DiskDirectory directory in changed)
        {
            directory.LinkDurable();
        }
    }

    private static void Apply(EntryChange[] changes)
    {
        foreach (EntryChange change in changes)
        {
            change.Directory.SetDurable(change.Name, change.Node);
        }
    }
}
