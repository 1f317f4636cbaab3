namespace Zurau.Simulation;

/// <summary>
/// The expected content of one compacted partition: after any cleaning, a reader finds
/// the last value of every key.
/// </summary>
internal sealed class CompactedPartition(int number, IReadOnlyList<CompactedRecord> records, bool keepsTombstones)
{
    internal int Number { get; } = number;

    /// <summary>
    /// A lower bound of the log start offset: the end of the acknowledged DeleteRecords
    /// requests.
    /// </summary>
    internal long StartAtLeast { get; set; }

    /// <summary>Notes that a reader got a record.</summary>
    internal void NoteRead(int id, long offset, int key, bool isTombstone)
    {
        if ((uint)id >= (uint)records.Count || records[id] is not { } record || record.Partition != Number || record.Key != key || record.IsTombstone != isTombstone)
        {
            throw Anomaly($"a record that was never appended was read at offset {offset}: {id}, key {key}");
        }

        if (record.IsCommitted == false)
        {
            throw Anomaly($"aborted-read: {record} was read at offset {offset}");
        }

        if (record.Offset >= 0 && record.Offset != offset)
        {
            throw Anomaly($"duplicate: {record} was read at offset {offset}");
        }

        record.Offset = offset;
        record.IsCommitted = true;
    }

    /// <summary>
    /// Checks a reader that has read from an offset to the end that it knew: the last record
    /// that it has of each key must be the last one that was appended. The cleaner may have
    /// removed it if the key has a record at or above that end.
    /// </summary>
    internal void CheckReader(long from, long end, IReadOnlyDictionary<int, CompactedRecord> last, string reader)
    {
        foreach (IGrouping<int, CompactedRecord> key in records.Where(record => record.Partition == Number && record.IsCommitted != false).GroupBy(static record => record.Key))
        {
            CompactedRecord? wanted = key.Where(record => record.IsCommitted == true && record.Offset >= from && record.Offset < end).MaxBy(static record => record.Offset);
            CompactedRecord? seen = last.GetValueOrDefault(key.Key);
            bool isRight = seen == wanted
                || (wanted is not null && key.Any(record => record.IsCommitted == true && record.Offset >= end))
                || (seen is null && wanted is { IsTombstone: true } && !keepsTombstones)
                || (seen is null && !keepsTombstones && key.Any(static record => record is { IsCommitted: null, IsTombstone: true }));
            if (!isRight)
            {
                throw Anomaly($"{reader} from offset {from} to {end} has {seen?.ToString() ?? "nothing"} as the last record of key {key.Key}; expected {wanted?.ToString() ?? "none"}");
            }
        }
    }

    /// <summary>
    /// Handles the log end that a restart found. Records at and above it are lost, so
    /// they must not have been acknowledged as durable. If file names may be lost in any
    /// order, an unflushed segment may be missing before a later one; recovery treats
    /// this as a gap of the cleaner.
    /// </summary>
    internal void TruncateTo(long end, long durableEnd, bool mayLoseSegments)
    {
        if (end < durableEnd)
        {
            throw Anomaly($"lost-write: the log ends at {end}, and records below {durableEnd} were acknowledged as durable");
        }

        foreach (CompactedRecord record in records.Where(record => record.Partition == Number && record.Offset >= end))
        {
            record.IsCommitted = false;
        }

        foreach (CompactedRecord record in records.Where(record => mayLoseSegments && record.Partition == Number && record.IsCommitted == true && record.Offset >= durableEnd))
        {
            record.IsCommitted = null; // Unless a reader gets it.
        }
    }

    internal SimulationFailure Anomaly(string what) => new($"partition {Number}: {what}");
}
