using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>What the checks of the scenario 'log' have to notice.</summary>
internal static class LogMutants
{
    internal static IReadOnlyList<Mutant> All { get; } =
    [
        new("ack-before-fsync", "acks=all is answered, and the fsync comes with the next one.")
        {
            Storage = static storage => new BrokenStorage(storage) { DefersFlush = true },
        },
        new("skip-directory-fsync", "New names are never flushed.")
        {
            Storage = static storage => new BrokenStorage(storage) { SkipsDirectorySync = true },
        },
        new("retry-failed-fsync", "A flush that failed is tried again, and its success believed.")
        {
            Storage = static storage => new BrokenStorage(storage) { RetriesFlush = true },
        },
        new("trust-page-cache", "After a failed fsync and a restart, what is in the page cache is taken to be on the disk.")
        {
            Hooks = static process => new TrustsPageCache(process),
        },
        new("trust-index-after-crash", "Index files are loaded after a crash as after a clean end.")
        {
            NeedsCrash = false,
            Hooks = static process => new TrustsIndexes(process),
        },
        new("reuse-offset", "An append that fails gives its offset back, although somebody may have reserved behind it.")
        {
            Hooks = static process => new ReusesOffset(process),
        },
        new("publish-before-copy", "The magic byte is stored before the header and all records are.")
        {
            Hooks = static process => new PublishesEarly(process),
        },
        new("push-past-sealed", "The push loop goes on into the next segment before this one is published to its seal.")
        {
            Hooks = static process => new CrossesUnfinished(process),
        },
        new("stops-at-sealed-end", "The push loop ends at a sealed end instead of going on into the next segment.")
        {
            Hooks = static process => new StopsAtSeal(process),
        },
    ];

    private sealed class StopsAtSeal(SimProcess process) : SimHooks(process)
    {
        internal override bool StopsAtSealedEnd => true;
    }

    private sealed class CrossesUnfinished(SimProcess process) : SimHooks(process)
    {
        internal override bool CrossesUnfinishedSegments => true;
    }

    private sealed class TrustsIndexes(SimProcess process) : SimHooks(process)
    {
        internal override bool TrustsIndexesAfterCrash => true;
    }

    private sealed class TrustsPageCache(SimProcess process) : SimHooks(process)
    {
        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.RecoverySegment)
            {
                segment!.DoubtfulBytes = 0;
            }

            base.At(point, segment, position, length);
        }
    }

    private sealed class ReusesOffset(SimProcess process) : SimHooks(process)
    {
        private const int Every = 3;
        private int _reserved;

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.AppendReserved && ++_reserved % Every == 0)
            {
                Interlocked.Add(ref segment!.Reservation, -SegmentWord.Pack(1, 0));
            }

            base.At(point, segment, position, length);
        }
    }

    private sealed class PublishesEarly(SimProcess process) : SimHooks(process)
    {
        private const int MagicPosition = 16;
        private const byte Magic = 2;

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.AppendCopying)
            {
                segment!.Region!.GetSpan()[position + MagicPosition] = Magic;
            }

            base.At(point, segment, position, length);
        }
    }
}
