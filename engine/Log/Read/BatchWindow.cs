using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Reads whole batches of a mapped segment. Each is read into memory before it is accessed: so
/// a failing disk is an error for the batches on it, and a slow read does not block other
/// threads. The caller holds a lease.
/// </summary>
/// <param name="segment">The segment, mapped.</param>
/// <param name="limit">The exclusive end of the bytes that may be read; the file is at least
/// that long.</param>
/// <param name="nowSeconds">The time, from <see cref="ResidentChunks.SecondsOf"/>.</param>
internal ref struct BatchWindow(LogSegment segment, int limit, int nowSeconds)
{
    private int _readyStart;
    private int _readyEnd;

    /// <summary>Why the last batch could not be read; no error if there is no batch.</summary>
    internal IoResult Result { get; private set; }

    /// <summary>
    /// Reads the batch at a position; false if no batch begins there and ends within the limit,
    /// or if it cannot be read.
    /// </summary>
    internal bool TryRead(int position, out RecordBatchView batch)
    {
        batch = default;
        return (uint)position < (uint)limit // An entry of a damaged index may be negative.
            && Reach(position, BatchLayout.HeaderSize)
            && RecordBatchView.TryRead(segment.Bytes(position, limit - position), out batch)
            && Reach(position, batch.SizeBytes);
    }

    private bool Reach(int position, int length)
    {
        int end = (int)Math.Min((long)position + length, limit);
        if (position < _readyStart || position > _readyEnd)
        {
            _readyStart = _readyEnd = position;
        }

        if (end > _readyEnd)
        {
            Result = segment.Populate(_readyEnd, end, limit, nowSeconds, out _readyEnd);
        }

        return end <= _readyEnd;
    }
}
