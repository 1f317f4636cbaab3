using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Iterates over a segment's batches to an offset and past it, and accepts a batch only if it
/// follows the previous one: index entries and the header fields outside of the checksum have
/// no other check.
/// </summary>
internal ref struct BatchWalk
{
    private readonly LogContext _context;
    private readonly LogSegment _segment;
    private readonly bool _isCompacted; // The cleaner may have removed batches anywhere.
    private readonly long _cleanedOffset; // It may have removed batches below this offset.
    private readonly int _limit;
    private BatchWindow _window;
    private long _expected;

    /// <summary>
    /// Begins at the index entry before an offset, or at the segment's beginning if the entry
    /// does not match its batch.
    /// </summary>
    /// <param name="context">The log's context.</param>
    /// <param name="offsets">The log's offsets.</param>
    /// <param name="segment">One of its segments, mapped and leased.</param>
    /// <param name="limit">The exclusive end of the published bytes.</param>
    /// <param name="offset">The offset to find.</param>
    internal BatchWalk(LogContext context, LogOffsets offsets, LogSegment segment, int limit, long offset)
    {
        _context = context;
        _segment = segment;
        _isCompacted = context.Settings.Value.IsCompacted;
        _cleanedOffset = offsets.CleanedOffset;
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

    /// <summary>The position of the next batch.</summary>
    internal int Position { get; private set; }

    /// <summary>
    /// Returns why there is no batch at the position; no error at the end. A message of an old
    /// format is reported.
    /// </summary>
    internal readonly ErrorCode Problem() => Position >= _limit ? ErrorCode.None
        : !_window.Result.IsOk ? ErrorCode.KafkaStorageError
        : OldFormatCheck.Show(_context, _segment, Position, _limit) ? ErrorCode.UnsupportedForMessageFormat
        : ErrorCode.CorruptMessage;

    /// <summary>
    /// Reads the batch at the position; false at the end and if there is a
    /// <see cref="Problem"/>.
    /// </summary>
    internal bool TryRead(out RecordBatchView batch) =>
        _window.TryRead(Position, out batch)
        && (batch.BaseOffset == _expected || (batch.BaseOffset > _expected && (_isCompacted || batch.BaseOffset <= _cleanedOffset)))
        && batch.LastOffsetDelta >= 0;

    /// <summary>Moves past a batch that was read.</summary>
    internal void Skip(RecordBatchView batch)
    {
        Position += batch.SizeBytes;
        _expected = batch.LastOffset + 1;
    }
}
