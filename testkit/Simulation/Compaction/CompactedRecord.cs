namespace Zurau.Testing.Simulation;

/// <summary>One record of a run of the scenario 'compaction' and what became of it. Its timestamp names it.</summary>
internal sealed class CompactedRecord(int id, int partition, int key, bool isTombstone)
{
    internal int Id { get; } = id;

    internal int Partition { get; } = partition;

    internal int Key { get; } = key;

    internal bool IsTombstone { get; } = isTombstone;

    /// <summary>Where it is; -1 while nobody knows.</summary>
    internal long Offset { get; set; } = -1;

    /// <summary>Whether readers of committed records get it; null while nobody knows.</summary>
    internal bool? IsCommitted { get; set; }

    public override string ToString() => $"record {Id} ({(IsTombstone ? "tombstone" : "value")} of key {Key}, offset {Offset}, committed {IsCommitted?.ToString() ?? "perhaps"})";
}
