using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>
/// Faults that the scenario 'log' must detect and that require no change of the engine:
/// they break its storage or its memory. The other faults are patches
/// (simulation/Mutants/Patches).
/// </summary>
internal static class LogMutants
{
    internal static IReadOnlyList<Mutant> All { get; } =
    [
        new("ack-before-fsync", "acks=all is acknowledged before its fsync, which runs with the next one.")
        {
            Storage = static storage => new BrokenStorage(storage) { DefersFlush = true },
        },
        new("skip-directory-fsync", "New names are never flushed.")
        {
            Storage = static storage => new BrokenStorage(storage) { SkipsDirectorySync = true },
        },
        new("retry-failed-fsync", "A failed flush is attempted again, and the result of the second attempt counts.")
        {
            Storage = static storage => new BrokenStorage(storage) { RetriesFlush = true },
        },
        new("trust-page-cache", "After a failed fsync and a restart, bytes in the page cache are assumed to be on the disk.")
        {
            Hooks = static process => new TrustsPageCache(process),
        },
        new("reuse-offset", "An append releases its offset, although another append may have reserved the next one.")
        {
            Hooks = static process => new ReusesOffset(process),
        },
        new("publish-before-copy", "The magic byte is stored before the rest of the header and the records.")
        {
            Hooks = static process => new PublishesEarly(process),
        },
    ];

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
