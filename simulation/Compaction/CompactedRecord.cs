namespace Zurau.Simulation;

/// <summary>
/// One record of a run of the scenario 'compaction' and its known state. Its timestamp
/// identifies it.
/// </summary>
internal sealed class CompactedRecord(int id, int partition, int key, bool isTombstone)
{
    internal int Id { get; } = id;

    internal int Partition { get; } = partition;

    internal int Key { get; } = key;

    internal bool IsTombstone { get; } = isTombstone;

    /// <summary>Its offset; -1 while it is unknown.</summary>
    internal long Offset { get; set; } = -1;

    /// <summary>
    /// True if read_committed readers get it, false if they must not; null while it is
    /// unknown.
    /// </summary>
    internal bool? IsCommitted { get; set; }

    public override string ToString() => $"record {Id} ({(IsTombstone ? "tombstone" : "value")} of key {Key}, offset {Offset}, committed {IsCommitted?.ToString() ?? "unknown"})";
}
