namespace Zurau.Simulation;

/// <summary>
/// The expected state of one partition: the batches by offset, which crashes they must
/// survive, and which batches are lost. A contradiction is an anomaly, named as in
/// Jepsen's Kafka workload.
/// </summary>
internal sealed class PartitionModel(int number, IReadOnlyList<AppendedBatch> appends)
{
    private readonly SortedList<long, AppendedBatch> _known = [];
    private readonly SortedList<long, LogMarker> _markers = [];

    // The append at each offset and epoch; never removed.
    private readonly Dictionary<(long Offset, int Epoch), int> _seen = [];
    private long _verifiedEnd;

    internal int Number { get; } = number;

    /// <summary>
    /// The exclusive end offset of the records that were acknowledged as durable.
    /// </summary>
    internal long DurableEnd { get; private set; }

    /// <summary>
    /// The exclusive end offset of the records that were read or acknowledged, which
    /// survive a kill.
    /// </summary>
    internal long PublishedEnd { get; private set; }

    /// <summary>
    /// A lower bound of the log start offset: the end of the acknowledged DeleteRecords
    /// requests.
    /// </summary>
    internal long StartAtLeast { get; set; }

    /// <summary>
    /// An upper bound of the log start offset: the end of the sent DeleteRecords
    /// requests.
    /// </summary>
    internal long StartAtMost { get; set; }

    /// <summary>The worst crash since the last complete read of the log.</summary>
    internal CrashKind Crash { get; set; }

    /// <summary>
    /// True after bytes on the disk were damaged. Records may then be unreadable, but not
    /// wrong.
    /// </summary>
    internal bool IsDamaged { get; set; }

    internal IList<AppendedBatch> Known => _known.Values;

    /// <summary>
    /// True if a transactional batch without a response may have been deleted before it
    /// was read.
    /// </summary>
    internal bool HasUnreadTransactions => appends.Any(batch =>
        batch.Partition == Number && batch is { Transaction: not null, Offset: < 0, IsLost: false, State: AppendState.Open or AppendState.Unknown });

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

        NoteRead(batch, offset, "acknowledged");
        if (isDurable)
        {
            DurableEnd = Math.Max(DurableEnd, offset + batch.Count);
        }
    }

    /// <summary>Sets the state to an empty, durable log that starts at an offset.</summary>
    internal void BeginAt(long start) => StartAtLeast = StartAtMost = PublishedEnd = DurableEnd = _verifiedEnd = start;

    /// <summary>
    /// Notes that a batch was readable with a leader epoch. No other batch may have the
    /// same offset and epoch, by which readers detect a lost batch (KIP-320).
    /// </summary>
    internal void NoteEpoch(AppendedBatch batch, long offset, int epoch)
    {
        if (!IsDamaged && !_seen.TryAdd((offset, epoch), batch.Id) && _seen[(offset, epoch)] != batch.Id)
        {
            throw Anomaly($"epoch-reused: {batch} is at offset {offset} with leader epoch {epoch}, as {appends[_seen[(offset, epoch)]]} was before");
        }
    }

    /// <summary>Notes a clean shutdown: all records below the end are durable.</summary>
    internal void CloseClean(long end) => DurableEnd = Math.Max(DurableEnd, end);

    /// <summary>Notes that a batch was read at an offset.</summary>
    internal void NoteRead(WireBatch seen, string how)
    {
        if (!seen.IsCrcValid && IsDamaged)
        {
            return; // A reader detects it.
        }

        if (!seen.IsCrcValid)
        {
            throw Anomaly($"a batch with a wrong checksum was {how} at offset {seen.BaseOffset}");
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

        // A damaged log loses unknown records at a restart, so new records may have their
        // offsets.
        if (!IsDamaged)
        {
            NoteEpoch(batch, seen.BaseOffset, seen.Epoch);
            NoteRead(batch, seen.BaseOffset, how);
        }
    }

    /// <summary>
    /// Ends the complete read after a startup: every batch that had to survive must have
    /// been found; every other one is permanently lost.
    /// </summary>
    internal void EndVerification(long start, long end, int run)
    {
        if (IsDamaged)
        {
            return;
        }

        if (start < StartAtLeast && Crash != CrashKind.None)
        {
            throw Anomaly($"deleted records reappeared: the log starts at {start}, but records below {StartAtLeast} were deleted");
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

        // An empty log contains no batch that the end could split.
        if (start < end && _known.Values.FirstOrDefault(batch => batch.Offset < end && batch.EndOffset > end) is { } half)
        {
            throw Anomaly($"the end {end} is inside of {half} at offset {half.Offset}");
        }

        LoseFrom(end);

        // If the start has moved since the last complete read, batches that were never read
        // may be below it, and stay there.
        foreach (AppendedBatch batch in appends)
        {
            if (batch.Partition == Number && batch.RunNumber < run && batch.Offset < 0)
            {
                batch.MayBeDeleted |= start > _verifiedEnd;
                batch.IsLost |= !batch.MayBeDeleted;
            }
        }

        // A log that restarts empty has lost its producer state: a deleted batch that is
        // sent again is not recognized as a duplicate.
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

    /// <summary>
    /// Returns the first offset at or after a timestamp by scanning all records; -1 for
    /// none.
    /// </summary>
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
    private void LoseFrom(long end)
    {
        for (int i = _known.Count - 1; i >= 0 && _known.Values[i].EndOffset > end; i--)
        {
            _known.Values[i].IsLost = true;
            _known.RemoveAt(i);
        }

        while (_markers.Count > 0 && _markers.Keys[^1] >= end)
        {
            _markers.RemoveAt(_markers.Count - 1);
        }
    }

    /// <summary>
    /// Returns true if a batch that can only be lost has the offset: at its first offset,
    /// or at a log start inside of it.
    /// </summary>
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
            LoseFrom(offset); // The startup has appended it at the end after the power loss.
        }

        if (_known.TryGetValue(offset, out AppendedBatch? batch) || (_markers.TryGetValue(offset, out LogMarker known) && known != marker))
        {
            throw Anomaly($"inconsistent-offsets: {marker} was {how} at offset {offset}, which belongs to {batch?.ToString() ?? _markers[offset].ToString()}");
        }

        _markers[offset] = marker;
        PublishedEnd = Math.Max(PublishedEnd, offset + 1);
    }

    /// <summary>
    /// Notes that a batch was found at an offset with the appended bytes.
    /// </summary>
    internal void NoteRead(AppendedBatch batch, long offset, string how)
    {
        if (batch.IsLost)
        {
            throw Anomaly($"{batch} was {how} at offset {offset}; an earlier restart did not find it");
        }

        if (batch.State == AppendState.Rejected)
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
                throw Anomaly($"inconsistent-offsets: {batch} was {how} at offset {offset}, which belongs to {_known[offset]}");
            }

            int at = _known.IndexOfKey(offset);
            if ((at > 0 && _known.Keys[at - 1] + _known.Values[at - 1].Count > offset) || (at + 1 < _known.Count && _known.Keys[at + 1] < offset + batch.Count))
            {
                throw Anomaly($"inconsistent-offsets: {batch} was {how} at offset {offset}, inside of another batch");
            }

            batch.Offset = offset;
        }

        PublishedEnd = Math.Max(PublishedEnd, offset + batch.Count);
    }
}
