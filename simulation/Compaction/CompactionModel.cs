namespace Zurau.Simulation;

/// <summary>
/// The expected state of all records of a run of the scenario 'compaction', over all
/// process runs.
/// </summary>
internal sealed class CompactionModel
{
    private readonly List<CompactedRecord> _records = [];

    internal CompactionModel(int partitions, bool keepsTombstones)
    {
        Partitions = [.. Enumerable.Range(0, partitions).Select(number => new CompactedPartition(number, _records, keepsTombstones))];
        KeepsTombstones = keepsTombstones;
        DurableEnds = new long[partitions];
    }

    /// <summary>
    /// True if tombstones are kept longer than any run, so that a reader in progress
    /// misses none (C3).
    /// </summary>
    internal bool KeepsTombstones { get; }

    internal CompactedPartition[] Partitions { get; }

    /// <summary>
    /// For each partition, the end offset of the records that were acknowledged as
    /// durable.
    /// </summary>
    internal long[] DurableEnds { get; }

    internal CompactedRecord this[int id] => _records[id];

    internal CompactedRecord Add(int partition, int key, bool isTombstone)
    {
        var record = new CompactedRecord(_records.Count, partition, key, isTombstone);
        _records.Add(record);
        return record;
    }
}
