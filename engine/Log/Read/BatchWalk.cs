using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Walks over a segment's batches towards an offset and on, and believes each only where it joins on to the one before: neither an index
/// entry nor what stands in a batch's header outside of its checksum has anything else that vouches for it.
/// </summary>
internal ref struct BatchWalk
{
    private readonly LogContext _context;
    private readonly LogSegment _segment;
    private readonly long _gapsEnd; // Up to here the cleaner may have taken batches away.
    private readonly int _limit;
    private BatchWindow _window;
    private long _expected;

    /// <summary>Begins at the index entry before an offset, or at the segment's beginning where the entry does not hold.</summary>
    /// <param name="context">Of the log.</param>
    /// <param name="offsets">Of the log.</param>
    /// <param name="segment">One of its segments, mapped and leased.</param>
    /// <param name="limit">Behind the last published byte.</param>
    /// <param name="offset">What is looked for.</param>
    internal BatchWalk(LogContext context, LogOffsets offsets, LogSegment segment, int limit, long offset)
    {
        _context = context;
        _segment = segment;
        _gapsEnd = context.Settings.Value.IsCompacted ? long.MaxValue : offsets.CleanedOffset;
        _limit = limit;
        _window = new BatchWindow(segment, limit, context.NowSeconds);
        if (segment.Offsets.TryFloor((int)Math.Min(offset - segment.BaseOffset, int.MaxValue), out OffsetEntry entry)
            && entry.Position > 0
            && _window.TryRead(entry.Position, out RecordBatchView batch)
            && batch.LastOffset - segment.BaseOffset == entry.RelativeOffset
            && batch.BaseOffset >= segment.BaseOffset)
        {
            Position = entry.Position;
            _expected = batch.BaseOffset;
        }
        else
        {
            _expected = segment.BaseOffset;
        }
    }

    /// <summary>Where the next batch begins.</summary>
    internal int Position { get; private set; }

    /// <summary>Why there is no batch at the position; no error at the end. A message of an old format is reported.</summary>
    internal readonly ErrorCode Problem() => Position >= _limit ? ErrorCode.None
        : !_window.Result.IsOk ? ErrorCode.KafkaStorageError
        : OldFormatCheck.Show(_context, _segment, Position, _limit) ? ErrorCode.UnsupportedForMessageFormat
        : ErrorCode.CorruptMessage;

    /// <summary>Takes the batch at the position; false at the end and where there is a <see cref="Problem"/>.</summary>
    internal bool TryRead(out RecordBatchView batch) =>
        _window.TryRead(Position, out batch)
        && (batch.BaseOffset == _expected || (batch.BaseOffset > _expected && batch.BaseOffset <= _gapsEnd))
        && batch.LastOffsetDelta >= 0;

    /// <summary>Goes on behind a batch that was read.</summary>
    internal void Skip(RecordBatchView batch)
    {
        Position += batch.SizeBytes;
        _expected = batch.LastOffset + 1;
    }
}
