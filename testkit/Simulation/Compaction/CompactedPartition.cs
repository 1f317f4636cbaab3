namespace Zurau.Testing.Simulation;

/// <summary>What is known of one compacted partition: whatever is cleaned, a reader ends with the last value of every key.</summary>
internal sealed class CompactedPartition(int number, IReadOnlyList<CompactedRecord> records, bool keepsTombstones)
{
    internal int Number { get; } = number;

    /// <summary>The log start is at least this: DeleteRecords was answered.</summary>
    internal long StartAtLeast { get; set; }

    /// <summary>A reader got a record.</summary>
    internal void Learn(int id, long offset, int key, bool isTombstone)
    {
        if ((uint)id >= (uint)records.Count || records[id] is not { } record || record.Partition != Number || record.Key != key || record.IsTombstone != isTombstone)
        {
            throw Anomaly($"a record that nobody appended was read at offset {offset}: {id}, key {key}");
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

    /// <summary>A reader that began at an offset has come to the end: what it has last of every key is the last there is.</summary>
    internal void CheckReader(long from, long end, IReadOnlyDictionary<int, CompactedRecord> last, string who)
    {
        foreach (IGrouping<int, CompactedRecord> key in records.Where(record => record.Partition == Number && record.IsCommitted != false).GroupBy(static record => record.Key))
        {
            CompactedRecord? wanted = key.Where(record => record.IsCommitted == true && record.Offset >= from && record.Offset < end).MaxBy(static record => record.Offset);
            CompactedRecord? seen = last.GetValueOrDefault(key.Key);
            bool isRight = seen == wanted
                || (seen is null && wanted is { IsTombstone: true } && !keepsTombstones)
                || (seen is null && !keepsTombstones && key.Any(static record => record is { IsCommitted: null, IsTombstone: true }));
            if (!isRight)
            {
                throw Anomaly($"{who} from offset {from} to {end} ends with {seen?.ToString() ?? "nothing"} for key {key.Key}, and the last is {wanted?.ToString() ?? "none"}");
            }
        }
    }

    /// <summary>A restart found the log's end: what is known behind it was lost, which must not have been acknowledged.</summary>
    internal void Cut(long end, long durableEnd)
    {
        if (end < durableEnd)
        {
            throw Anomaly($"lost-write: the log ends at {end}, and records below {durableEnd} were acknowledged as durable");
        }

        foreach (CompactedRecord record in records.Where(record => record.Partition == Number && record.Offset >= end))
        {
            record.IsCommitted = false;
        }
    }

    internal SimulationFailure Anomaly(string what) => new($"partition {Number}: {what}");
}
