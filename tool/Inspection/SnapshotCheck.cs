namespace Zurau.Inspection;

/// <summary>
/// Checks the <c>.snapshot</c> files of a partition, and that each agrees with the
/// records before it.
/// </summary>
internal sealed class SnapshotCheck(PartitionCheck partition, bool isCompacted)
{
    private readonly Queue<(long Offset, IReadOnlyList<ProducerEntry> Producers)> _pending = [];

    internal void Load(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (!FileNames.TryParse(name, FileNames.Snapshot, out long offset))
            {
                continue;
            }

            string problem = "it cannot be opened";
            if (partition.Files.ReadAll($"{partition.Folder}/{name}") is { } bytes && ProducerEntry.ReadAll(bytes, out problem) is { } producers)
            {
                _pending.Enqueue((offset, producers));
            }
            else
            {
                Add(name, offset, problem);
            }
        }
    }

    /// <summary>
    /// Compares the snapshots up to an offset, before the batch at that offset is
    /// replayed.
    /// </summary>
    internal void Reach(ProducerReplay replay, long offset)
    {
        while (_pending.TryPeek(out (long Offset, IReadOnlyList<ProducerEntry> Producers) snapshot) && snapshot.Offset <= offset)
        {
            _pending.Dequeue();
            Compare(snapshot.Offset, snapshot.Producers, replay);
        }
    }

    internal void Finish(ProducerReplay replay, long endOffset)
    {
        Reach(replay, endOffset);
        while (_pending.TryDequeue(out (long Offset, IReadOnlyList<ProducerEntry> Producers) snapshot))
        {
            Add(FileNames.Of(snapshot.Offset, FileNames.Snapshot), snapshot.Offset, $"its offset is {snapshot.Offset}, but the log ends at {endOffset}");
        }
    }

    private void Compare(long offset, IReadOnlyList<ProducerEntry> producers, ProducerReplay replay)
    {
        string name = FileNames.Of(offset, FileNames.Snapshot);
        foreach (ProducerEntry producer in producers)
        {
            if (producer.LastOffset >= offset || producer.TransactionFirstOffset >= offset)
            {
                Add(name, offset, $"it contains records above its offset: {producer}");
            }
            else if (replay.Producers.TryGetValue(producer.ProducerId, out ProducerEntry replayed) ? !Agrees(producer, replayed) : IsWhole)
            {
                Add(name, offset, $"it contains {producer}; expected from the records: {(replayed == default ? "nothing" : replayed.ToString())}");
            }
        }

        // Producers without records for a day expire, but not while they have an open
        // transaction.
        foreach (ProducerEntry replayed in replay.Producers.Values.Where(static replayed => replayed.TransactionFirstOffset >= 0))
        {
            if (producers.All(producer => producer.ProducerId != replayed.ProducerId))
            {
                Add(name, offset, $"an open transaction is missing: {replayed}");
            }
        }
    }

    /// <summary>
    /// Gets whether all records since the beginning exist: retention and the cleaner
    /// delete records whose producers are in the snapshot.
    /// </summary>
    private bool IsWhole => !isCompacted && partition.StartOffset == 0;

    private bool Agrees(ProducerEntry producer, ProducerEntry replayed)
    {
        if (IsWhole)
        {
            return producer == replayed;
        }

        // The last batch of a producer may have been deleted by the cleaner. If it
        // exists, it must be the one in the snapshot.
        return replayed.LastOffset < 0 || producer.LastOffset != replayed.LastOffset || (producer.Epoch, producer.LastSequence) == (replayed.Epoch, replayed.LastSequence);
    }

    private void Add(string name, long offset, string what) =>
        partition.Add(FindingKind.Snapshot, name, -1, offset, what, "Delete the file: the next startup rebuilds it from the records", isExpected: !partition.IsClean && offset > partition.RecoveryPoint);
}
