namespace Zurau.Testing.Simulation;

/// <summary>What is known of all records of a run of the scenario 'compaction'; it outlives the process's lives.</summary>
internal sealed class CompactionModel
{
    private readonly List<CompactedRecord> _records = [];

    internal CompactionModel(int partitions, bool keepsTombstones)
    {
        Partitions = [.. Enumerable.Range(0, partitions).Select(number => new CompactedPartition(number, _records, keepsTombstones))];
        KeepsTombstones = keepsTombstones;
        DurableEnds = new long[partitions];
    }

    /// <summary>Whether tombstones stay longer than any run: then a reader that is under way misses none (C3).</summary>
    internal bool KeepsTombstones { get; }

    internal CompactedPartition[] Partitions { get; }

    /// <summary>Records below were acknowledged as durable, by partition.</summary>
    internal long[] DurableEnds { get; }

    internal CompactedRecord this[int id] => _records[id];

    internal CompactedRecord Add(int partition, int key, bool isTombstone)
    {
        var record = new CompactedRecord(_records.Count, partition, key, isTombstone);
        _records.Add(record);
        return record;
    }
}
