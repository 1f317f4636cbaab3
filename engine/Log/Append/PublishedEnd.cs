using System.Buffers.Binary;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// The end of a log's published prefix, and its waiters. It moves over complete batches, from
/// segment to segment. There is one end per log: a hole in a segment blocks everything after
/// it.
/// </summary>
internal sealed class PublishedEnd
{
    private readonly LogLifecycle _lifecycle;
    private readonly LogHooks? _hooks;
    private LogSegment _pushing; // The first segment that is not published to its sealed end; advanced by the push loop.

    internal PublishedEnd(LogContext context, LogSegment last)
    {
        _pushing = last;
        _lifecycle = context.Lifecycle;
        _hooks = context.Hooks;
        Waiters = new OffsetWaiters(() => Read().Offset, _hooks);
    }

    internal OffsetWaiters Waiters { get; }

    /// <summary>
    /// The end of the published prefix. Only the segment that is being pushed moves, and only
    /// when all before it are published, so these two reads are consistent, and a later call
    /// never returns an earlier end.
    /// </summary>
    internal LogEnd Read()
    {
        LogSegment segment = Volatile.Read(ref _pushing);
        return new LogEnd(segment, Volatile.Read(ref segment.Published));
    }

    /// <summary>
    /// Moves the published end over every complete batch; true if it moved: the caller then
    /// notifies what depends on it. Called by each appender after its own batch is complete,
    /// and by each helper that links a segment. The caller holds a lease on
    /// <paramref name="held"/>.
    /// </summary>
    internal bool TryPush(LogSegment held)
    {
        // Full fence between "my batch is complete" and "how far is the end": without it two
        // appenders can each miss the other's magic byte, and a finished batch stays invisible
        // until the next append. Partner: the same fence of the other appender.
        Interlocked.MemoryBarrier();

        bool moved = false;
        while (true) // Ends at the first batch that is not complete, or at the last segment: the end only grows.
        {
            LogSegment segment = Volatile.Read(ref _pushing);
            if (segment != held && !segment.TryAcquire())
            {
                break; // Closed permanently: it was published to its end earlier, or the log is closed.
            }

            bool isPublishedToSeal = PushWithin(segment, ref moved);
            LogSegment? next = Volatile.Read(ref segment.Next);
            if (segment != held)
            {
                segment.Release();
            }

            if (!isPublishedToSeal || next is null)
            {
                break;
            }

            _hooks?.At(LogPoint.PushCrossing);
            Interlocked.CompareExchange(ref _pushing, next, segment);
        }

        return moved;
    }

    /// <summary>
    /// Completes when the published end has reached an offset; immediately if it has already.
    /// </summary>
    internal ValueTask<ErrorCode> WhenPublished(long endOffset)
    {
        if (Read().Offset >= endOffset)
        {
            return new ValueTask<ErrorCode>(ErrorCode.None);
        }

        _hooks?.At(LogPoint.WaiterBeforeAdd);
        var completion = new Completion(_hooks);
        Waiters.Add(new OffsetWaiter(completion, endOffset), _lifecycle);
        if (_lifecycle.HasHole)
        {
            completion.Complete(ErrorCode.KafkaStorageError); // Partner: Fail at a hole, which may have run just before.
        }

        return new ValueTask<ErrorCode>(completion.Task);
    }

    /// <summary>Pushes within a segment; true when it is published up to its seal.</summary>
    private bool PushWithin(LogSegment segment, ref bool moved)
    {
        while (true) // Ends at the reserved end, or at the first batch that is not complete.
        {
            long published = Volatile.Read(ref segment.Published);
            long reserved = Volatile.Read(ref segment.Reservation);
            int position = SegmentWord.Position(published);

            // Never read at or past the reserved end: the file may end there, and a read past
            // its end kills the process.
            if (position == SegmentWord.Position(reserved))
            {
                return SegmentWord.IsSealed(reserved);
            }

            if (!segment.IsComplete(position))
            {
                return false;
            }

            ReadOnlySpan<byte> header = segment.Bytes(position, BatchLayout.HeaderSize);
            int count = BinaryPrimitives.ReadInt32BigEndian(header[BatchLayout.LastOffsetDelta..]) + 1;
            _hooks?.At(LogPoint.PushSeen);
            long end = published + SegmentWord.Pack(count, (int)BatchLayout.SizeOf(header));
            if (Interlocked.CompareExchange(ref segment.Published, end, published) == published)
            {
                moved = true;
            }
        }
    }
}
