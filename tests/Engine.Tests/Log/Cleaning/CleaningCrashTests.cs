using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>
/// A kill between any two changes of files during a cleaning, or during the start after
/// it, leaves the log as before it or as after it.
/// </summary>
public sealed class CleaningCrashTests
{
    [Fact]
    public void A_kill_at_any_step_of_copying_and_swapping_loses_nothing_and_leaves_nothing_twice() // C7, K11
    {
        int kills = 0;
        while (Killed(kills, out bool isCleaned))
        {
            kills++;
            Assert.True(kills < 1000);
            _ = isCleaned;
        }

        // Two groups, each with its files, renames and directory flushes.
        Assert.True(kills > 40, $"only {kills} steps");
    }

    [Fact]
    public void A_kill_while_a_start_finishes_a_swap_is_finished_by_the_next_start() // C7, K11
    {
        int swaps = 0;
        for (int kills = 0; Killed(kills, out _); kills++)
        {
            for (int again = 0; again < 100; again++)
            {
                using KeyedLog log = Filled();
                List<string> expected = Values(log);
                KillWhileCleaning(log, kills);
                bool hasSwap = Files(log).Any(static name => name.EndsWith(".swap", StringComparison.Ordinal));
                if (!hasSwap)
                {
                    break;
                }

                swaps++;
                var storage = new FrozenStorage(log.Storage, again);
                try
                {
                    storage.List(KeyedLog.Directory, out IReadOnlyList<string> names).ThrowIfFailed("Listing the log");
                    _ = SwapRecovery.Finish(storage, KeyedLog.Directory, names);
                }
                catch (StorageException)
                {
                    Assert.True(storage.IsFrozen);
                }

                AssertWhole(log, expected);
                if (!storage.IsFrozen)
                {
                    break;
                }
            }
        }

        Assert.True(swaps > 20, $"only {swaps} swaps were interrupted");
    }

    private static bool Killed(int changes, out bool isCleaned)
    {
        using KeyedLog log = Filled();
        List<string> expected = Values(log);
        int before = log.Read().Count;
        bool wasKilled = KillWhileCleaning(log, changes);
        AssertWhole(log, expected);
        isCleaned = log.Read().Count < before;
        return wasKilled;
    }

    /// <summary>
    /// Cleans on a storage that freezes after some changes, and gives up the log as a kill
    /// does; true when it froze.
    /// </summary>
    private static bool KillWhileCleaning(KeyedLog log, int changes)
    {
        log.Reopen();
        var frozen = new FrozenStorage(log.Storage, int.MaxValue);
        log.Between = frozen;
        log.Reopen();
        log.Log.FlushSealed();
        var storage = new FrozenStorage(log.Storage, changes);
        log.Between = storage;
        log.Reopen();
        try
        {
            log.Log.Clean(10_000);
        }
        catch (StorageException)
        {
            Assert.True(storage.IsFrozen);
        }

        bool wasKilled = storage.IsFrozen;
        log.Between = null;
        return wasKilled;
    }

    /// <summary>
    /// Opens what is on the storage as after a kill: the same values, the same end, no
    /// offset twice, nothing left over.
    /// </summary>
    private static void AssertWhole(KeyedLog log, List<string> expected)
    {
        log.Reopen(isClean: false);
        Assert.Equal(expected, Values(log));
        long[] offsets = [.. log.Read().Select(static record => record.Offset)];
        Assert.Equal(offsets.Distinct().Order(), offsets);
        Assert.Equal(log.NextOffset, log.Log.ReadEnd().Offset);
        Assert.DoesNotContain(Files(log), static name => name.EndsWith(".cleaned", StringComparison.Ordinal) || name.EndsWith(".swap", StringComparison.Ordinal) || name.EndsWith(".deleted", StringComparison.Ordinal));
        log.Log.Clean(10_000);
        Assert.Equal(expected, Values(log));
    }

    private static KeyedLog Filled()
    {
        var log = new KeyedLog(new LogSettings { DeleteRetentionMs = long.MaxValue, SegmentBytes = 1500, IndexIntervalBytes = 100 });
        for (int i = 0; i < 12; i++)
        {
            log.Put(($"{i % 4}", $"{i} of some length, so that there are index entries"), ($"once {i}", $"{i}")).Put(3, true, ($"{i % 3}", $"aborted {i}")).End(3, isCommit: false).Roll();
        }

        return log.Put(("active", "1"));
    }

    private static List<string> Values(KeyedLog log) => [.. log.LastValues().OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key}={pair.Value}")];

    private static IReadOnlyList<string> Files(KeyedLog log)
    {
        log.Storage.List(KeyedLog.Directory, out IReadOnlyList<string> names);
        return names;
    }
}
