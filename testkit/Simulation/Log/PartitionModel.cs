namespace Zurau.Testing.Simulation;

/// <summary>
/// What is known of one partition's log: which batch is at which offset, what of it must survive what, and what is gone. Whatever
/// contradicts it is an anomaly, named as Jepsen's Kafka workload names it.
/// </summary>
internal sealed class PartitionModel(int number, IReadOnlyList<AppendedBatch> appends)
{
    private readonly SortedList<long, AppendedBatch> _known = [];
    private readonly SortedList<long, LogMarker> _markers = [];
    private readonly Dictionary<(long Offset, int Epoch), int> _seen = []; // Which append was there; never forgotten.
    private long _verifiedEnd;

    internal int Number { get; } = number;

    /// <summary>Records below were acknowledged as durable.</summary>
    internal long DurableEnd { get; private set; }

    /// <summary>Records below were seen or acknowledged: they survive a kill.</summary>
    internal long PublishedEnd { get; private set; }

    /// <summary>The log start is at least this: DeleteRecords was answered.</summary>
    internal long StartAtLeast { get; set; }

    /// <summary>The log start is at most this: nobody asked for more.</summary>
    internal long StartAtMost { get; set; }

    /// <summary>The crashes since the log was read whole last.</summary>
    internal CrashKind Crash { get; set; }

    /// <summary>Bytes on the disk were damaged: what is there may be unreadable, nothing else.</summary>
    internal bool IsDamaged { get; set; }

    internal IList<AppendedBatch> Known => _known.Values;

    /// <summary>The batch at an offset; null where none is known.</summary>
    internal AppendedBatch? Find(long offset) => _known.GetValueOrDefault(offset);

    /// <summary>The ends of transactions that are known, by offset.</summary>
    internal IReadOnlyDictionary<long, LogMarker> Markers => _markers;

    internal void Acknowledge(AppendedBatch batch, long offset, bool isDurable)
    {
        batch.State = AppendState.Acknowledged;
        if (IsDamaged)
        {
            return;
        }

        Learn(batch, offset, "acknowledged");
        if (isDurable)
        {
            DurableEnd = Math.Max(DurableEnd, offset + batch.Count);
        }
    }

    /// <summary>The log is empty and begins at an offset, durably.</summary>
    internal void BeginAt(long start) => StartAtLeast = StartAtMost = PublishedEnd = DurableEnd = _verifiedEnd = start;

    /// <summary>A batch could be read with a leader epoch: no other one ever has both its offset and its epoch, by which readers find out that it was lost (KIP-320).</summary>
    internal void LearnEpoch(AppendedBatch batch, long offset, int epoch)
    {
        if (!IsDamaged && !_seen.TryAdd((offset, epoch), batch.Id) && _seen[(offset, epoch)] != batch.Id)
        {
            throw Anomaly($"epoch-reused: {batch} is at offset {offset} with leader epoch {epoch}, as {appends[_seen[(offset, epoch)]]} was before");
        }
    }

    /// <summary>Everything up to the end is on disk: the log was closed in good order.</summary>
    internal void CloseClean(long end) => DurableEnd = Math.Max(DurableEnd, end);

    /// <summary>Somebody saw a batch at an offset.</summary>
    internal void Learn(WireBatch seen, string how)
    {
        if (!seen.IsCrcValid && IsDamaged)
        {
            return; // Its reader notices.
        }

        if (!seen.IsCrcValid)
        {
            throw Anomaly($"a batch with a bad checksum was {how} at offset {seen.BaseOffset}");
        }

        if (seen.IsControl)
        {
            LearnMarker(seen.BaseOffset, seen.Marker, how);
            return;
        }

        int id = seen.AppendId;
        if ((uint)id >= (uint)appends.Count)
        {
            throw Anomaly($"a batch that nobody appended was {how} at offset {seen.BaseOffset}");
        }

        AppendedBatch batch = appends[id];
        if (batch.Partition != Number)
        {
            throw Anomaly($"{batch} of partition {batch.Partition} was {how} at offset {seen.BaseOffset}");
        }

        if (!seen.Bytes[17..].SequenceEqual(batch.Bytes.AsSpan(17)))
        {
            throw Anomaly($"{batch} was {how} at offset {seen.BaseOffset} with other bytes than were appended");
        }

        // What a damaged log lost at a restart could not be seen, so what is new may stand where it was.
        if (!IsDamaged)
        {
            LearnEpoch(batch, seen.BaseOffset, seen.Epoch);
            Learn(batch, seen.BaseOffset, how);
        }
    }

    /// <summary>The whole log was read behind a start: what had to survive did, and what is not there is gone for good.</summary>
    internal void EndVerification(long start, long end, int life)
    {
        if (IsDamaged)
        {
            return;
        }

        if (start < StartAtLeast && Crash != CrashKind.None)
        {
            throw Anomaly($"deleted records came back: the log starts at {start} and records below {StartAtLeast} were deleted");
        }

        if (start > StartAtMost)
        {
            throw Anomaly($"lost-write: the log starts at {start}, and nobody deleted records beyond {StartAtMost}");
        }

        if (end < DurableEnd)
        {
            throw Anomaly($"lost-write: the log ends at {end} after {Crash}, and records below {DurableEnd} were acknowledged as durable");
        }

        if (end < PublishedEnd && Crash != CrashKind.PowerLoss)
        {
            throw Anomaly($"lost-write: the log ends at {end} after {Crash}, and records below {PublishedEnd} were acknowledged or read");
        }

        // A log that begins anew at its end has nothing to cut.
        if (start < end && _known.Values.FirstOrDefault(batch => batch.Offset < end && batch.EndOffset > end) is { } half)
        {
            throw Anomaly($"{half} at offset {half.Offset} is cut in half by the end {end}");
        }

        Cut(end);

        // Where the start has moved on since, batches that nobody has seen may be below it.
        foreach (AppendedBatch batch in appends)
        {
            if (start <= _verifiedEnd && batch.Partition == Number && batch.Life < life && batch.Offset < 0)
            {
                batch.IsGone = true;
            }
        }

        // A log that begins anew has lost its producers too: who has no answer yet sends again, and what was deleted is not known to be it.
        for (int i = _known.Count - 1; i >= 0 && start == end; i--)
        {
            if (_known.Values[i].State is AppendState.Open or AppendState.Unknown)
            {
                _known.Values[i].Offset = -1;
                _known.RemoveAt(i);
            }
        }

        _verifiedEnd = PublishedEnd = end;
        Crash = CrashKind.None;
    }

    /// <summary>The first record at or behind a timestamp, found by looking at all; -1 for none.</summary>
    internal long FindByTime(long timestamp, long start)
    {
        foreach ((long offset, AppendedBatch batch) in _known)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                if (offset + i >= start && batch.Timestamps[i] >= timestamp)
                {
                    return offset + i;
                }
            }
        }

        return -1;
    }

    internal SimulationFailure Anomaly(string what) => new($"partition {Number}: {what}");

    /// <summary>What is known to reach behind an offset is gone for good.</summary>
    private void Cut(long end)
    {
        for (int i = _known.Count - 1; i >= 0 && _known.Values[i].EndOffset > end; i--)
        {
            _known.Values[i].IsGone = true;
            _known.RemoveAt(i);
        }

        while (_markers.Count > 0 && _markers.Keys[^1] >= end)
        {
            _markers.RemoveAt(_markers.Count - 1);
        }
    }

    /// <summary>Whether a batch that can only be lost has the offset: at its first one, or where the log began again at a start inside of it.</summary>
    private bool IsInLostBatch(long offset) =>
        _known.Values.Any(batch => batch.Offset <= offset && offset < batch.EndOffset && (batch.Offset == offset || StartAtMost >= offset));

    private void LearnMarker(long offset, LogMarker marker, string how)
    {
        if (IsDamaged)
        {
            return;
        }

        if (Crash == CrashKind.PowerLoss && offset >= DurableEnd && (IsInLostBatch(offset) || (_markers.TryGetValue(offset, out LogMarker lost) && lost != marker)))
        {
            Cut(offset); // The startup wrote it where the power cut ended the log.
        }

        if (_known.TryGetValue(offset, out AppendedBatch? batch) || (_markers.TryGetValue(offset, out LogMarker known) && known != marker))
        {
            throw Anomaly($"inconsistent-offsets: {marker} was {how} at offset {offset}, where {batch?.ToString() ?? _markers[offset].ToString()} is");
        }

        _markers[offset] = marker;
        PublishedEnd = Math.Max(PublishedEnd, offset + 1);
    }

    /// <summary>A batch was found at an offset, with the bytes that were appended.</summary>
    internal void Learn(AppendedBatch batch, long offset, string how)
    {
        if (batch.IsGone)
        {
            throw Anomaly($"{batch} was {how} at offset {offset}; it was not there after an earlier restart");
        }

        if (batch.State == AppendState.Refused)
        {
            throw Anomaly($"aborted-read: {batch} was {how} at offset {offset}; its append was refused");
        }

        if (batch.Offset >= 0 && batch.Offset != offset)
        {
            throw Anomaly($"duplicate: {batch} was {how} at offset {offset}, and is at {batch.Offset}");
        }

        if (batch.Offset < 0)
        {
            if (!_known.TryAdd(offset, batch))
            {
                throw Anomaly($"inconsistent-offsets: {batch} was {how} at offset {offset}, where {_known[offset]} is");
            }

            int at = _known.IndexOfKey(offset);
            if ((at > 0 && _known.Keys[at - 1] + _known.Values[at - 1].Count > offset) || (at + 1 < _known.Count && _known.Keys[at + 1] < offset + batch.Count))
            {
                throw Anomaly($"inconsistent-offsets: {batch} was {how} at offset {offset}, in the middle of another batch");
            }

            batch.Offset = offset;
        }

        PublishedEnd = Math.Max(PublishedEnd, offset + batch.Count);
    }
}
