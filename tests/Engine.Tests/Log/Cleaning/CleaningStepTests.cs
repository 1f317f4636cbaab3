using Engine.Tests.Support;
using Zurau.Engine.Log;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// Between the steps of a cleaning, where a simulator may stop it, everybody else finds
/// a whole log.
/// </summary>
public sealed class CleaningStepTests
{
    [Fact]
    public void A_reader_between_any_two_steps_of_a_cleaning_ends_with_the_same_values() // C1, C13
    {
        var steps = new Steps();
        using var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000, SegmentBytes = 500, Hooks = steps });
        for (int i = 0; i < 6; i++)
        {
            log.Put(("a", $"{i}"), ($"b{i % 2}", $"{i}")).Put(1, true, ("c", $"{i}")).End(1, isCommit: i % 2 == 0).Roll();
        }

        log.Put(("z", "active"));
        string expected = Values(log, 0);
        string later = Values(log, log.NextOffset / 2);
        steps.Reached = () =>
        {
            Assert.Equal(expected, Values(log, 0));
            Assert.Equal(later, Values(log, log.NextOffset / 2));
            Assert.Equal(log.NextOffset, log.Log.ReadEnd().Offset);
        };
        log.Log.Clean(10_000);

        LogPoint[] swap = [LogPoint.CleanSwapping, LogPoint.CleanReplaced, LogPoint.RemovedFromList, LogPoint.CleanRenaming, LogPoint.CleanSwapped];
        LogPoint[] once = [.. steps.Seen.Where(static point => point != LogPoint.CleanCopied)];
        Assert.Equal(LogPoint.CleanMapped, once[0]);
        Assert.True(once.Length > 1 + swap.Length, "one group only");
        Assert.All(once[1..].Chunk(swap.Length), group => Assert.Equal(swap, group));
        Assert.Equal(18, steps.Seen.Count(static point => point == LogPoint.CleanCopied));
    }

    private static string Values(KeyedLog log, long from) => string.Join(' ', log.LastValues(from).OrderBy(static pair => pair.Key, StringComparer.Ordinal));

    private sealed class Steps : LogHooks
    {
        private bool _isInside;

        internal Action? Reached { get; set; }

        internal List<LogPoint> Seen { get; } = [];

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (Reached is null || _isInside || point is not ((>= LogPoint.CleanMapped and <= LogPoint.CleanDone) or LogPoint.RemovedFromList))
            {
                return;
            }

            Seen.Add(point);
            _isInside = true;
            Reached();
            _isInside = false;
        }
    }
}
