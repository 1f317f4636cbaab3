using System.Buffers.Binary;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// Moves a log's published end over complete batches, from segment to segment, and tells those who depend on it. There is one end a
/// log: a hole in a segment holds back all that is behind it.
/// </summary>
internal sealed class LogPublisher
{
    private readonly DerivedState _derived;
    private readonly LogHooks? _hooks;
    private LogSegment _pushing; // The first segment that is not published to its sealed end; moved on by the push loop.

    internal LogPublisher(PartitionLog log, RecoveredLog recovered)
    {
        _pushing = recovered.Segments[^1];
        _hooks = log.Settings.Hooks;
        _derived = new DerivedState(log, recovered);
        Waiters = new OffsetWaiters(() => ReadEnd().Offset, _hooks);
    }

    internal DerivedState Derived => _derived;

    /// <summary>Those who wait for the end to reach an offset.</summary>
    internal OffsetWaiters Waiters { get; }

    /// <summary>
    /// The end of the published prefix. Only the segment that is being pushed moves, and only when all before it are published, so
    /// these two reads give one true moment, and a later call never gives an earlier one.
    /// </summary>
    internal LogEnd ReadEnd()
    {
        LogSegment segment = Volatile.Read(ref _pushing);
        return new LogEnd(segment, Volatile.Read(ref segment.Published));
    }

    /// <summary>
    /// Moves the published end over every complete batch. Called by each appender after its own batch is complete, and by whoever links
    /// a segment. The caller holds a lease on <paramref name="held"/>.
    /// </summary>
    internal void Push(LogSegment held)
    {
        // Full fence between "my batch is complete" and "how far is the end": without it two appenders can each miss the other's magic
        // byte, and a finished batch stays invisible until the next append. Partner: the same fence of the other appender.
        Interlocked.MemoryBarrier();

        bool moved = false;
        while (true) // Ends at the first batch that is not complete, or at the last segment: the end only grows.
        {
            LogSegment segment = Volatile.Read(ref _pushing);
            if (segment != held && !segment.TryAcquire())
            {
                break; // Closed for good: published to its end long ago, or the log is.
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

        if (moved)
        {
            _hooks?.At(LogPoint.PushMoved);
            _derived.CatchUp();
            Waiters.Complete();
        }
    }

    /// <summary>Pushes within a segment; true when it is published up to its seal.</summary>
    private bool PushWithin(LogSegment segment, ref bool moved)
    {
        while (true) // Ends at the reserved end, or at the first batch that is not complete.
        {
            long published = Volatile.Read(ref segment.Published);
            long reserved = Volatile.Read(ref segment.Reservation);
            int position = SegmentWord.Position(published);

            // Never look at or past the reserved end: behind it the file may end, and a look there kills the process.
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
