using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Appends batches to a log without a lock: check, reserve, copy, publish, push. See
/// docs/architecture.md. Thread-safe.
/// </summary>
internal sealed class LogAppender(
    LogContext context, SegmentList segments, PublishedEnd published, LogIndexer indexer, AppendProducers producers, LogFlusher flusher, SegmentRoller roller, PrefaultDuty? prefault, int leaderEpoch)
{
    // Copies of what every append reads, to save an indirection.
    private readonly TopicPartition _partition = context.Partition;
    private readonly CurrentSettings _settings = context.Settings;
    private readonly LogLifecycle _lifecycle = context.Lifecycle;
    private readonly TimeProvider _time = context.Time;
    private readonly LogHooks? _hooks = context.Hooks;
    private readonly IntakeClock _intakeClock = new(context.Time);
    private readonly PrefaultWindow _prefaultWindow = new(context, segments, flusher, roller);
    private volatile bool _isRefusing; // Whether an append failed in the file system and none has succeeded since.

    /// <summary>
    /// Appends one batch. A batch that its producer has sent before is not appended again: the
    /// result is that of the first append, which may not be visible yet either.
    /// </summary>
    /// <param name="bytes">The batch.</param>
    /// <param name="facts">What its builder knows; null for bytes from outside.</param>
    /// <param name="origin">The sender.</param>
    internal Appended Append(ReadOnlySpan<byte> bytes, BatchFacts? facts, AppendOrigin origin)
    {
        LogSettings settings = _settings.Value; // Read once for the whole append: they may change meanwhile.
        AppendRefusal? refusal = BatchIntake.Take(bytes, facts, settings, _partition, _intakeClock, out BatchIntake intake);
        return refusal is null ? Append(ref intake, settings, origin) : Appended.Refused(refusal);
    }

    /// <summary>
    /// Appends a batch from outside that may have several pieces: each is copied once, into the
    /// reservation.
    /// </summary>
    internal Appended Append(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Append(bytes.FirstSpan, null, AppendOrigin.Client);
        }

        LogSettings settings = _settings.Value;
        Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
        AppendRefusal? refusal = BatchIntake.Take(bytes, header, settings, _partition, _intakeClock, out BatchIntake intake);
        return refusal is null ? Append(ref intake, settings, AppendOrigin.Client) : Appended.Refused(refusal);
    }

    /// <summary>
    /// Ends a producer's transaction; a repeated marker returns the offset of the first one.
    /// </summary>
    internal Appended Append(TransactionMarker marker)
    {
        Span<byte> batch = stackalloc byte[TransactionMarker.SizeBytes];
        marker.Write(batch, context.NowMs);
        _ = RecordBatchView.TryRead(batch, out RecordBatchView view);
        return Append(view, default, _settings.Value, AppendOrigin.Coordinator, marker);
    }

    private Appended Append(ref BatchIntake intake, LogSettings settings, AppendOrigin origin)
    {
        try
        {
            return Append(intake.Batch, in intake.Pieces, settings, origin, null);
        }
        finally
        {
            intake.Dispose();
        }
    }

    /// <summary>
    /// Appends a batch that was checked. Its records are in the view, or in the pieces if the
    /// view is only the header. Acknowledgements wait for the end offset of the result.
    /// </summary>
    private Appended Append(RecordBatchView view, in ReadOnlySequence<byte> pieces, LogSettings settings, AppendOrigin origin, TransactionMarker? marker)
    {
        // 1. Complete a copy of the header, except for the base offset. What changes there is
        // outside of the checksum, or the checksum is new.
        Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
        view.Bytes[..BatchLayout.HeaderSize].CopyTo(header);
        long appendTimeMs = settings.TimestampType == TimestampType.LogAppendTime ? LogAppendTime.Stamp(header, view, pieces, _time) : -1;
        BinaryPrimitives.WriteInt32BigEndian(header[BatchLayout.PartitionLeaderEpoch..], leaderEpoch);
        var gate = new AppendProducerGate(producers, view, origin, marker);
        try
        {
            // 2. Check the producer's sequence, epoch and transaction; its lock is held until
            // space is reserved.
            if (gate.IsAnswered(view, _partition, out Appended answer))
            {
                return answer;
            }

            // 3. Reserve bytes and offsets together. From here on nothing may throw.
            LogSegment? segment = Reserve(view, settings, out long word, out AppendRefusal? refusal);
            if (segment is null)
            {
                return Appended.Refused(refusal!);
            }

            try
            {
                int position = SegmentWord.Position(word);
                long baseOffset = segment.BaseOffset + SegmentWord.RelativeOffset(word);
                gate.Accept(view, baseOffset, appendTimeMs);
                BinaryPrimitives.WriteInt64BigEndian(header, baseOffset);
                _hooks?.At(LogPoint.AppendReserved, segment, position, view.SizeBytes);

                // 4. Copy, and publish by the magic byte.
                IoResult placed = BatchPlacement.CopyAndPublish(segment, position, header, view.RecordsBytes, pieces, flusher.IsAwaited, _hooks);
                if (!placed.IsOk)
                {
                    return Appended.Refused(FailAtHole(placed));
                }

                // 5. Move the published end over it, and prepare the next appends.
                Push(segment, position, view.SizeBytes);
                return new Appended(baseOffset, baseOffset + view.LastOffsetDelta + 1, appendTimeMs);
            }
            finally
            {
                segment.ReleaseAppend();
            }
        }
        finally
        {
            gate.GiveUp();
        }
    }

    /// <summary>
    /// Reserves space for a batch in the active segment, after beginning another one or growing
    /// the file if necessary. Returns the segment, with a lease to append that the caller
    /// releases; null if the batch is refused: then nothing is reserved.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="settings">The log's settings.</param>
    /// <param name="word">The reservation: see <see cref="SegmentWord"/>.</param>
    /// <param name="refusal">Why nothing is reserved.</param>
    private LogSegment? Reserve(RecordBatchView batch, LogSettings settings, out long word, out AppendRefusal? refusal)
    {
        int count = batch.LastOffsetDelta + 1;
        int size = batch.SizeBytes;
        word = 0;
        refusal = null;
        while (true) // Ends with a reservation or a refusal: before another iteration the segment has changed.
        {
            LogSegment segment = segments.Active;
            if (!segment.TryAcquireForAppend())
            {
                refusal = Unavailable();
                return null;
            }

            bool isReserved = false;
            try
            {
                // A failed fsync, a close or a deletion refuses new appends; an append that
                // passes this check is still complete.
                if (_lifecycle.State != LogState.Open || _lifecycle.HasFailed)
                {
                    refusal = Unavailable();
                    return null;
                }

                _hooks?.At(LogPoint.AppendLeased, segment);
                word = Volatile.Read(ref segment.Reservation);
                ReserveObstacle obstacle = ObstacleTo(segment, word, settings, count, size, batch.MaxTimestamp);
                if (obstacle == ReserveObstacle.None)
                {
                    isReserved = Interlocked.CompareExchange(ref segment.Reservation, word + SegmentWord.Pack(count, size), word) == word;
                }
                else
                {
                    refusal = Remove(obstacle, segment, settings, SegmentWord.Position(word), size);
                }

                if (isReserved || refusal is not null)
                {
                    return isReserved ? segment : null;
                }
            }
            finally
            {
                if (!isReserved)
                {
                    segment.ReleaseAppend();
                }
            }
        }
    }

    private ReserveObstacle ObstacleTo(LogSegment segment, long word, LogSettings settings, int count, int size, long maxTimestamp)
    {
        int position = SegmentWord.Position(word);
        return SegmentWord.IsSealed(word) ? ReserveObstacle.Sealed
            : position > 0
                && ((long)position + size > Math.Min(settings.SegmentBytes, segment.Capacity)
                    || (long)SegmentWord.RelativeOffset(word) + count > int.MaxValue
                    || RollPolicy.IsDue(segment, maxTimestamp, settings, _time)) ? ReserveObstacle.Full
            : size > segment.Capacity ? ReserveObstacle.BatchTooLarge
            : position + size > segment.AllocatedEnd ? ReserveObstacle.NotAllocated
            : ReserveObstacle.None;
    }

    /// <summary>
    /// Removes an obstacle, so that the next attempt finds another segment or a longer file;
    /// returns why that is not possible, or null.
    /// </summary>
    private AppendRefusal? Remove(ReserveObstacle obstacle, LogSegment segment, LogSettings settings, int position, int size)
    {
        IoResult result = IoResult.Ok;
        switch (obstacle)
        {
            case ReserveObstacle.Sealed:
                result = _lifecycle.State == LogState.Open ? roller.Finish(segment) : IoResult.Ok;
                break;
            case ReserveObstacle.Full:
                result = roller.Roll(segment);
                break;
            case ReserveObstacle.NotAllocated:
                result = segments.EnsureMapped(segment);
                result = result.IsOk ? segment.Extend(position + size, _hooks) : result;
                break;
            case ReserveObstacle.BatchTooLarge:
                return new AppendRefusal(ErrorCode.RecordListTooLarge, $"The batch for {_partition} has {size} bytes; the segment that it would begin was laid out for {segment.Capacity} before 'segment.bytes' was raised to {settings.SegmentBytes}. The new size applies from the next segment on.");
        }

        return result.IsOk ? null : context.Directory.IsAbandoned ? Unavailable() : Refuse(result);
    }

    /// <summary>Publishes a complete batch, as far as no earlier one is incomplete.</summary>
    private void Push(LogSegment segment, int position, int size)
    {
        _hooks?.At(LogPoint.AppendPublished, segment, position, size);
        if (published.TryPush(segment))
        {
            indexer.FollowPush();
        }

        _hooks?.At(LogPoint.AppendPushed, segment, position, size);
        if (((position ^ (position + size)) >> PrefaultDuty.RequestShift) != 0)
        {
            prefault?.Request(_prefaultWindow, storesToMapping: segment.IsStoreSafe && !BatchPlacement.IsLarge(size));
        }

        if (_isRefusing)
        {
            NoteAppended();
        }
    }

    private AppendRefusal Refuse(IoResult reason)
    {
        // Report first: an append that sees the flag clears the report.
        context.Health.Report("append", $"Appends are refused: {reason}{(reason.IsShortage ? ", then appends continue" : "")}.");
        _isRefusing = true;
        return new AppendRefusal(ErrorCode.KafkaStorageError, $"Appending to {_partition} failed: {reason}.");
    }

    /// <summary>
    /// Ends the log at a batch that could not be written after space was reserved for it:
    /// nothing after it is published. The records before it can be read; opening the log again
    /// truncates the rest.
    /// </summary>
    private AppendRefusal FailAtHole(IoResult reason)
    {
        _lifecycle.NoteHole();
        flusher.FailLog();
        published.Waiters.Fail(ErrorCode.KafkaStorageError);
        return new AppendRefusal(ErrorCode.KafkaStorageError, $"Writing a batch to {_partition} failed: {reason}. The partition accepts no more appends; open the data directory again once the cause is removed.");
    }

    private void NoteAppended()
    {
        _isRefusing = false;
        context.Health.Clear("append");
    }

    private AppendRefusal Unavailable() => _lifecycle.HasFailed
        ? new AppendRefusal(ErrorCode.KafkaStorageError, $"{_partition} accepts no appends since a write or a flush to disk failed; check the disk, then open the data directory again.")
        : new AppendRefusal(ErrorCode.NotLeaderOrFollower, $"{_partition} is being closed or deleted.");
}
