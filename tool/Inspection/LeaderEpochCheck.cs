using Zurau.Engine.Records;

namespace Zurau.Inspection;

/// <summary>
/// Checks that leader epochs never decrease, and that batches and
/// <c>leader-epoch-checkpoint</c> agree.
/// </summary>
internal sealed class LeaderEpochCheck(PartitionCheck partition, long logStartOffset)
{
    private IReadOnlyList<EpochEntry>? _entries;
    private int _last = -1;
    private bool _hasBatches;

    internal void Load()
    {
        if (partition.Files.ReadText($"{partition.Folder}/{FileNames.LeaderEpochs}") is not { } text)
        {
            return;
        }

        _entries = TextCheckpoint.ReadEpochs(text, out string problem);
        if (_entries is null)
        {
            Add(FileNames.LeaderEpochs, 0, -1, problem);
            return;
        }

        for (int i = 1; i < _entries.Count; i++)
        {
            if (_entries[i].Epoch <= _entries[i - 1].Epoch || _entries[i].StartOffset <= _entries[i - 1].StartOffset)
            {
                Add(FileNames.LeaderEpochs, -1, _entries[i].StartOffset, $"epoch {_entries[i].Epoch} from offset {_entries[i].StartOffset} does not follow epoch {_entries[i - 1].Epoch} from offset {_entries[i - 1].StartOffset}");
            }
        }
    }

    internal void Add(string segment, long position, RecordBatchView batch)
    {
        int epoch = batch.PartitionLeaderEpoch;
        _hasBatches |= epoch >= 0;
        if (epoch < _last)
        {
            Add(segment, position, batch.BaseOffset, $"the batch has leader epoch {epoch}, but an earlier one has {_last}");
        }
        else if (epoch >= 0 && _entries is not null && batch.BaseOffset >= logStartOffset && (EpochAt(batch.BaseOffset) is not { } known || known != epoch))
        {
            Add(segment, position, batch.BaseOffset, $"the batch has leader epoch {epoch}, but {FileNames.LeaderEpochs} has {(EpochAt(batch.BaseOffset) is { } other ? $"{other}" : "none")} for its offset");
        }

        // The checkpoint drops the epochs of deleted records before their segment is
        // deleted.
        _last = Math.Max(_last, epoch);
    }

    internal void Finish(long endOffset)
    {
        if (_entries is null && _hasBatches)
        {
            Add(FileNames.LeaderEpochs, -1, -1, "it is missing or cannot be read");
        }

        foreach (EpochEntry entry in (_entries ?? []).Where(entry => entry.StartOffset > endOffset))
        {
            Add(FileNames.LeaderEpochs, -1, entry.StartOffset, $"epoch {entry.Epoch} starts at offset {entry.StartOffset}, but the log ends at {endOffset}");
        }
    }

    private int? EpochAt(long offset)
    {
        int? epoch = null;
        foreach (EpochEntry entry in _entries!)
        {
            epoch = entry.StartOffset <= offset ? entry.Epoch : epoch;
        }

        return epoch;
    }

    private void Add(string file, long position, long offset, string what) =>
        partition.Add(FindingKind.LeaderEpoch, file, position, offset, what, "Delete leader-epoch-checkpoint: a startup after an unclean shutdown rebuilds it from the records");
}
