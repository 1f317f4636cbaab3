using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// Memory runs out at a step of a cleaning: the log is whole at once, later, and after
/// a restart, and keeps no file for good.
/// </summary>
public sealed class ThrowingCleanerTests
{
    public static TheoryData<string> Steps =>
    [
        nameof(LogPoint.CleanMapped), nameof(LogPoint.CleanCopied), nameof(LogPoint.CleanSwapping), nameof(LogPoint.CleanReplaced), nameof(LogPoint.RemovedFromList),
        nameof(LogPoint.CleanRenaming), nameof(LogPoint.CleanSwapped),
    ];

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_cleaning_that_throws_leaves_a_whole_log_and_no_file_open_or_undeleted(string step)
    {
        var hooks = new ThrowAt(Enum.Parse<LogPoint>(step));
        using var log = new KeyedLog(new LogSettings { SegmentBytes = 300, FileDeleteDelayMs = 0, Hooks = hooks });
        for (int i = 0; i < 30; i++)
        {
            log.Put(($"k{i % 3}", $"{i}"));
            if (i % 4 == 3)
            {
                log.Roll();
            }
        }

        log.Log.FlushSealed();
        LogSegment[] before = log.Log.Segments;
        Dictionary<string, string> expected = log.LastValues();
        log.Log.Apply(log.Settings with { SegmentBytes = 1000 }); // Several groups, of several segments each.
        LogCleaning cleaning = log.Log.BeginCleaning(10_000);
        hooks.IsArmed = true;
        Assert.Throws<OutOfMemoryException>(() => Run(log.Log, cleaning));
        using (log.Log.Upkeep.Lock.Enter())
        {
            cleaning.Dispose();
            Assert.True(log.Log.Upkeep.Remover.Settle(0).IsOk);
        }

        Assert.Equal(expected, log.LastValues());
        log.Log.Clean(10_000);
        Assert.Equal(expected, log.LastValues());
        using (log.Log.Upkeep.Lock.Enter())
        {
            log.Log.Upkeep.Remover.DeleteDue(1);
        }

        Assert.All(before.Except(log.Log.Segments), static segment => Assert.True(segment.IsClosed, $"'{segment.Path}' is open."));
        Assert.DoesNotContain(Names(log), static name => name.EndsWith(".deleted", StringComparison.Ordinal) || name.EndsWith(".swap", StringComparison.Ordinal) || name.EndsWith(".cleaned", StringComparison.Ordinal));
        Assert.All(log.Log.Segments[..^1], static segment => Assert.True(segment.IsFlushed, $"'{segment.Path}' can never be closed."));
        log.Reopen(isClean: false);
        Assert.Equal(expected, log.LastValues());
    }

    private static void Run(PartitionLog log, LogCleaning cleaning)
    {
        while (!cleaning.IsDone)
        {
            using (log.Upkeep.Lock.Enter())
            {
                cleaning.Step(0);
            }
        }
    }

    private static IReadOnlyList<string> Names(KeyedLog log)
    {
        log.Storage.List(KeyedLog.Directory, out IReadOnlyList<string> names);
        return names;
    }
}
