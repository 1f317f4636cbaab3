namespace Zurau.Harness.Inspection;

/// <summary>Checks a partition's <c>.snapshot</c> files, and that each says of the producers what the records before it say.</summary>
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

    /// <summary>Compares the snapshots up to an offset, before the batch that begins there is replayed.</summary>
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
            Add(FileNames.Of(snapshot.Offset, FileNames.Snapshot), snapshot.Offset, $"it is of offset {snapshot.Offset}, the log ends at {endOffset}");
        }
    }

    private void Compare(long offset, IReadOnlyList<ProducerEntry> producers, ProducerReplay replay)
    {
        string name = FileNames.Of(offset, FileNames.Snapshot);
        foreach (ProducerEntry producer in producers)
        {
            if (producer.LastOffset >= offset || producer.TransactionFirstOffset >= offset)
            {
                Add(name, offset, $"it knows of records behind its offset: {producer}");
            }
            else if (replay.Producers.TryGetValue(producer.ProducerId, out ProducerEntry replayed) ? !Agrees(producer, replayed) : IsWhole)
            {
                Add(name, offset, $"it says {producer}; the records say {(replayed == default ? "nothing" : replayed.ToString())}");
            }
        }

        // Producers that were silent for a day are forgotten, but not with a transaction open.
        foreach (ProducerEntry replayed in replay.Producers.Values.Where(static replayed => replayed.TransactionFirstOffset >= 0))
        {
            if (producers.All(producer => producer.ProducerId != replayed.ProducerId))
            {
                Add(name, offset, $"it does not know of an open transaction: {replayed}");
            }
        }
    }

    /// <summary>Whether every record since the beginning is there: retention and the cleaner take away what a snapshot remembers.</summary>
    private bool IsWhole => !isCompacted && partition.StartOffset == 0;

    private bool Agrees(ProducerEntry producer, ProducerEntry replayed)
    {
        if (IsWhole)
        {
            return producer == replayed;
        }

        // Of a cleaned producer the last batch may be gone; where it is there, it is the one that the snapshot means.
        return replayed.LastOffset < 0 || producer.LastOffset != replayed.LastOffset || (producer.Epoch, producer.LastSequence) == (replayed.Epoch, replayed.LastSequence);
    }

    private void Add(string name, long offset, string what) =>
        partition.Add(FindingKind.Snapshot, name, -1, offset, what, "Delete the file: the next start makes it again from the records", isExpected: !partition.IsClean && offset > partition.RecoveryPoint);
}
