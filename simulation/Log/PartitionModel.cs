namespace Zurau.Simulation;

/// <summary>
/// The expected state of one partition: the batches by offset, which of them must survive which crash, and which are lost. A contradiction
/// is reported as an anomaly, with the names of Jepsen's Kafka workload.
/// </summary>
internal sealed class PartitionModel(int number, IReadOnlyList<AppendedBatch> appends)
{
    private readonly SortedList<long, AppendedBatch> _known = [];
    private readonly SortedList<long, LogMarker> _markers = [];
    private readonly Dictionary<(long Offset, int Epoch), int> _seen = []; // The append at each offset and epoch; never removed.
    private long _verifiedEnd;

    internal int Number { get; } = number;

    /// <summary>Records below were acknowledged as durable.</summary>
    internal long DurableEnd { get; private set; }

    /// <summary>Records below were read or acknowledged: they survive a kill.</summary>
    internal long PublishedEnd { get; private set; }

    /// <summary>A lower bound of the log start offset: the end of the acknowledged DeleteRecords requests.</summary>
    internal long StartAtLeast { get; set; }

    /// <summary>An upper bound of the log start offset: the end of the sent DeleteRecords requests.</summary>
    internal long StartAtMost { get; set; }

    /// <summary>The worst crash since the last complete read of the log.</summary>
    internal CrashKind Crash { get; set; }

    /// <summary>True after bytes on the disk were damaged: records may then be unreadable, but not wrong.</summary>
    internal bool IsDamaged { get; set; }

    internal IList<AppendedBatch> Known => _known.Values;

    /// <summary>True if a transactional batch without a response may be in the log below its start: it was deleted before it was read.</summary>
    internal bool HasUnreadTransactions => appends.Any(batch =>
        batch.Partition == Number && batch is { Transaction: not null, Offset: < 0, IsGone: false, State: AppendState.Open or AppendState.Unknown });

    /// <summary>Returns the batch at an offset; null if none is known.</summary>
    internal AppendedBatch? Find(long offset) => _known.GetValueOrDefault(offset);

    /// <summary>The known transaction markers, by offset.</summary>
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

    /// <summary>Sets the state to an empty log that starts at an offset, durably.</summary>
    internal void BeginAt(long start) => StartAtLeast = StartAtMost = PublishedEnd = DurableEnd = _verifiedEnd = start;

    /// <summary>
    /// Records that a batch was readable with a leader epoch. No other batch may ever have both its offset and its epoch, because readers
    /// detect a lost batch by them (KIP-320).
    /// </summary>
    internal void LearnEpoch(AppendedBatch batch, long offset, int epoch)
    {
        if (!IsDamaged && !_seen.TryAdd((offset, epoch), batch.Id) && _seen[(offset, epoch)] != batch.Id)
        {
            throw Anomaly($"epoch-reused: {batch} is at offset {offset} with leader epoch {epoch}, as {appends[_seen[(offset, epoch)]]} was before");
        }
    }

    /// <summary>Records that everything below the end is durable: the log was closed with a clean shutdown.</summary>
    internal void CloseClean(long end) => DurableEnd = Math.Max(DurableEnd, end);

    /// <summary>Records that a batch was read at an offset.</summary>
    internal void Learn(WireBatch seen, string how)
    {
        if (!seen.IsCrcValid && IsDamaged)
        {
            return; // A reader detects it.
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
            throw Anomaly($"a batch that was never appended was {how} at offset {seen.BaseOffset}");
        }

        AppendedBatch batch = appends[id];
        if (batch.Partition != Number)
        {
            throw Anomaly($"{batch} of partition {batch.Partition} was {how} at offset {seen.BaseOffset}");
        }

        if (!seen.Bytes[17..].SequenceEqual(batch.Bytes.AsSpan(17)))
        {
            throw Anomaly($"{batch} was {how} at offset {seen.BaseOffset} with bytes that differ from the appended ones");
        }

        // Records that a damaged log lost at a restart are unknown, so new records may have their offsets.
        if (!IsDamaged)
        {
            LearnEpoch(batch, seen.BaseOffset, seen.Epoch);
            Learn(batch, seen.BaseOffset, how);
        }
    }

    /// <summary>Ends the complete read after a startup: every batch that had to survive was found, and every other one is lost for good.</summary>
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
            throw Anomaly($"lost-write: the log starts at {start}, but no request deleted records at or after {StartAtMost}");
        }

        if (end < DurableEnd)
        {
            throw Anomaly($"lost-write: the log ends at {end} after {Crash}, and records below {DurableEnd} were acknowledged as durable");
        }

        if (end < PublishedEnd && Crash != CrashKind.PowerLoss)
        {
            throw Anomaly($"lost-write: the log ends at {end} after {Crash}, and records below {PublishedEnd} were acknowledged or read");
        }

        // A log that restarts empty at its end offset contains no batch that the end could split.
        if (start < end && _known.Values.FirstOrDefault(batch => batch.Offset < end && batch.EndOffset > end) is { } half)
        {
            throw Anomaly($"the end {end} is inside of {half} at offset {half.Offset}");
        }

        Cut(end);

        // If the start has moved on since then, batches that were never read may be below it.
        foreach (AppendedBatch batch in appends)
        {
            if (start <= _verifiedEnd && batch.Partition == Number && batch.Life < life && batch.Offset < 0)
            {
                batch.IsGone = true;
            }
        }

        // A log that restarts empty has lost its producers too: a producer without a response sends again, and its deleted batch is not
        // recognized as a duplicate.
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

    /// <summary>Returns the first offset at or after a timestamp by scanning all records; -1 for none.</summary>
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

    /// <summary>Marks everything at or above an offset as lost.</summary>
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
            Cut(offset); // The startup has written it at the end that the power loss left.
        }

        if (_known.TryGetValue(offset, out AppendedBatch? batch) || (_markers.TryGetValue(offset, out LogMarker known) && known != marker))
        {
            throw Anomaly($"inconsistent-offsets: {marker} was {how} at offset {offset}, which {batch?.ToString() ?? _markers[offset].ToString()} has");
        }

        _markers[offset] = marker;
        PublishedEnd = Math.Max(PublishedEnd, offset + 1);
    }

    /// <summary>Records that a batch was found at an offset with the appended bytes.</summary>
    internal void Learn(AppendedBatch batch, long offset, string how)
    {
        if (batch.IsGone)
        {
            throw Anomaly($"{batch} was {how} at offset {offset}; an earlier restart did not find it");
        }

        if (batch.State == AppendState.Refused)
        {
            throw Anomaly($"aborted-read: {batch} was {how} at offset {offset}; its append was rejected");
        }

        if (batch.Offset >= 0 && batch.Offset != offset)
        {
            throw Anomaly($"duplicate: {batch} was {how} at offset {offset}, and is at {batch.Offset}");
        }

        if (batch.Offset < 0)
        {
            if (!_known.TryAdd(offset, batch))
            {
                throw Anomaly($"inconsistent-offsets: {batch} was {how} at offset {offset}, which {_known[offset]} has");
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
