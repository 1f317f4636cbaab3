using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Reads whole batches of a mapped segment, each brought into memory before it is looked at: a disk that cannot read is an error for the
/// batches there, and a cold one does not stop the other threads. The caller holds a lease.
/// </summary>
/// <param name="segment">The segment, mapped.</param>
/// <param name="limit">Behind the last byte that may be read; the file is at least that long.</param>
/// <param name="nowSeconds">Of <see cref="ResidentChunks.SecondsOf"/>.</param>
internal ref struct BatchWindow(LogSegment segment, int limit, int nowSeconds)
{
    private int _readyStart;
    private int _readyEnd;

    /// <summary>Why the last batch could not be read; no error where there is no batch.</summary>
    internal IoResult Result { get; private set; }

    /// <summary>Takes the batch at a position; false where none begins and ends within the limit, or where it cannot be read.</summary>
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
