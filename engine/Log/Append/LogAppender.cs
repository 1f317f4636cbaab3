using System.Buffers;
using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Appends batches to a log: lock the producer, reserve, copy, publish, push. See
/// engine/README.md. Thread-safe.
/// </summary>
internal sealed class LogAppender(
    LogContext context, SegmentList segments, PublishedEnd published, LogIndexer indexer, AppendProducers producers, LogFlusher flusher, SegmentRoller roller, PrefaultDuty? prefault, int leaderEpoch)
{
    private const long LookAgain = -1;
    private const long TooLong = -2;

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
    /// Reserves, copies and publishes one batch; returns its base offset. The batch is visible
    /// to readers once the published end reaches <paramref name="endOffset"/>, which is
    /// immediately unless an earlier appender is still copying. A batch that its producer has
    /// sent before is not appended again: the result has the offset of the first append, which
    /// may not be visible yet either.
    /// </summary>
    /// <param name="bytes">The batch.</param>
    /// <param name="facts">What its builder knows; null for bytes from outside.</param>
    /// <param name="origin">The sender.</param>
    /// <param name="endOffset">The exclusive end offset: that of its last record plus one; -1
    /// on an error.</param>
    internal AppendResult Append(ReadOnlySpan<byte> bytes, BatchFacts? facts, AppendOrigin origin, out long endOffset)
    {
        endOffset = -1;
        LogSettings settings = _settings.Value; // Read once for the whole append: they may change meanwhile.
        AppendRefusal? refusal = BatchIntake.Take(bytes, facts, settings, _partition, _intakeClock, out BatchIntake intake);
        return refusal is null ? Append(ref intake, settings, origin, out endOffset) : refusal.ToResult();
    }

    /// <summary>
    /// Appends a batch from outside that may have several pieces: each is copied once, into the
    /// reservation.
    /// </summary>
    internal AppendResult Append(in ReadOnlySequence<byte> bytes, out long endOffset)
    {
        if (bytes.IsSingleSegment)
        {
            return Append(bytes.FirstSpan, null, AppendOrigin.Client, out endOffset);
        }

        endOffset = -1;
        LogSettings settings = _settings.Value;
        Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
        AppendRefusal? refusal = BatchIntake.Take(bytes, header, settings, _partition, _intakeClock, out BatchIntake intake);
        return refusal is null ? Append(ref intake, settings, AppendOrigin.Client, out endOffset) : refusal.ToResult();
    }

    /// <summary>
    /// Ends a producer's transaction; a repeated marker returns the offset of the first one.
    /// </summary>
    internal AppendResult Append(TransactionMarker marker, out long endOffset)
    {
        Span<byte> batch = stackalloc byte[TransactionMarker.SizeBytes];
        marker.Write(batch, context.NowMs);
        _ = RecordBatchView.TryRead(batch, out RecordBatchView view);
        return Append(view, default, _settings.Value, AppendOrigin.Coordinator, marker, out endOffset);
    }

    private AppendResult Append(ref BatchIntake intake, LogSettings settings, AppendOrigin origin, out long endOffset)
    {
        try
        {
            return Append(intake.Batch, in intake.Pieces, settings, origin, null, out endOffset);
        }
        finally
        {
            intake.Dispose();
        }
    }

    /// <summary>
    /// Appends a batch that was checked. Its records are in the view, or in the pieces if the
    /// view is only the header.
    /// </summary>
    private AppendResult Append(RecordBatchView view, in ReadOnlySequence<byte> pieces, LogSettings settings, AppendOrigin origin, TransactionMarker? marker, out long endOffset)
    {
        // The caller's header, completed. The fields outside the checksum are set when the
        // offset is known.
        int size = view.SizeBytes;
        Span<byte> header = stackalloc byte[BatchLayout.HeaderSize];
        view.Bytes[..BatchLayout.HeaderSize].CopyTo(header);
        long appendTime = settings.TimestampType == TimestampType.LogAppendTime ? LogAppendTime.Stamp(header, view, pieces, _time) : -1;
        BinaryPrimitives.WriteInt32BigEndian(header[BatchLayout.PartitionLeaderEpoch..], leaderEpoch);
        int count = view.LastOffsetDelta + 1;
        endOffset = -1;
        var turn = new AppendProducerGate(producers, view, origin, marker);
        try
        {
            if (turn.Check(view, _partition, ref endOffset) is { } decided)
            {
                return decided;
            }

            while (true) // Ends with a reservation or an error: each iteration without one has begun a new segment.
            {
                LogSegment segment = segments.Active;
                if (!segment.TryAcquireForAppend())
                {
                    return Unavailable();
                }

                try
                {
                    // A failed fsync, a close or a deletion refuses new appends; an append that
                    // passes this check is still complete.
                    if (_lifecycle.State != LogState.Open || _lifecycle.HasFailed)
                    {
                        return Unavailable();
                    }

                    _hooks?.At(LogPoint.AppendLeased, segment);
                    IoResult ready = TryReserve(segment, settings, count, size, view.MaxTimestamp, out long word);
                    if (!ready.IsOk)
                    {
                        return context.Directory.IsAbandoned ? Unavailable() : Refuse(ready);
                    }

                    if (word == TooLong)
                    {
                        return AppendResult.Failed(ErrorCode.RecordListTooLarge, $"The batch for {_partition} has {size} bytes; the segment that it would begin was laid out for {segment.Capacity} before 'segment.bytes' was raised to {settings.SegmentBytes}. The new size applies from the next segment on.");
                    }

                    if (word == LookAgain)
                    {
                        continue;
                    }

                    long baseOffset = segment.BaseOffset + SegmentWord.RelativeOffset(word);
                    turn.End(view, baseOffset, appendTime);
                    int position = SegmentWord.Position(word);
                    BinaryPrimitives.WriteInt64BigEndian(header, baseOffset);
                    _hooks?.At(LogPoint.AppendReserved, segment, position, size);
                    IoResult placed = BatchPlacement.CopyAndPublish(segment, position, header, view.RecordsBytes, pieces, flusher.IsAwaited, _hooks);
                    if (!placed.IsOk)
                    {
                        FailAtHole();
                        return AppendResult.Failed(ErrorCode.KafkaStorageError, $"Writing a batch to {_partition} failed: {placed}. The partition accepts no more appends; open the data directory again once the cause is removed.");
                    }

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

                    endOffset = baseOffset + count;
                    return new AppendResult(ErrorCode.None, baseOffset, appendTime);
                }
                finally
                {
                    segment.ReleaseAppend();
                }
            }
        }
        finally
        {
            turn.GiveUp();
        }
    }

    /// <summary>
    /// Reserves bytes and offsets together. Returns <see cref="LookAgain"/> if the segment was
    /// full, sealed or not yet long enough, or another append was faster. Nothing is reserved
    /// on an error.
    /// </summary>
    private IoResult TryReserve(LogSegment segment, LogSettings settings, int count, int size, long maxTimestamp, out long word)
    {
        word = Volatile.Read(ref segment.Reservation);
        int position = SegmentWord.Position(word);
        int relativeOffset = SegmentWord.RelativeOffset(word);
        IoResult result = IoResult.Ok;
        if (SegmentWord.IsSealed(word))
        {
            result = _lifecycle.State == LogState.Open ? roller.Finish(segment) : IoResult.Ok;
        }
        else if (position > 0
            && ((long)position + size > Math.Min(settings.SegmentBytes, segment.Capacity)
                || (long)relativeOffset + count > int.MaxValue
                || RollPolicy.IsDue(segment, maxTimestamp, settings, _time)))
        {
            result = roller.Roll(segment);
        }
        else if (size > segment.Capacity)
        {
            word = TooLong;
            return IoResult.Ok;
        }
        else if (position + size > segment.AllocatedEnd)
        {
            result = segments.EnsureMapped(segment);
            result = result.IsOk ? segment.Extend(position + size, _hooks) : result;
        }
        else if (Interlocked.CompareExchange(ref segment.Reservation, word + SegmentWord.Pack(count, size), word) == word)
        {
            return IoResult.Ok;
        }

        word = LookAgain;
        return result;
    }

    private AppendResult Refuse(IoResult reason)
    {
        // Report first: an append that sees the flag clears the report.
        context.Health.Report("append", $"Appends are refused: {reason}{(reason.IsShortage ? ", then appends continue" : "")}.");
        _isRefusing = true;
        return AppendResult.Failed(ErrorCode.KafkaStorageError, $"Appending to {_partition} failed: {reason}.");
    }

    /// <summary>
    /// Ends the log at a batch that could not be written after space was reserved for it:
    /// nothing after it is published. The records before it can be read; opening the log again
    /// truncates the rest.
    /// </summary>
    private void FailAtHole()
    {
        _lifecycle.NoteHole();
        flusher.FailLog();
        published.Waiters.Fail(ErrorCode.KafkaStorageError);
    }

    private void NoteAppended()
    {
        _isRefusing = false;
        context.Health.Clear("append");
    }

    private AppendResult Unavailable() => _lifecycle.HasFailed
        ? AppendResult.Failed(ErrorCode.KafkaStorageError, $"{_partition} accepts no appends since a write or a flush to disk failed; check the disk, then open the data directory again.")
        : AppendResult.Failed(ErrorCode.NotLeaderOrFollower, $"{_partition} is being closed or deleted.");
}
