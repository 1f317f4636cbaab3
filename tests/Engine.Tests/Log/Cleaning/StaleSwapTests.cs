using Engine.Tests.Support;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log.Cleaning;

/// <summary>Which files of a cleaning startup finishes, deletes or leaves alone.</summary>
public sealed class StaleSwapTests
{
    [Fact]
    public void A_swap_whose_sources_were_merged_into_an_older_segment_is_deleted() // S4
    {
        using KeyedLog log = Filled(segmentBytes: 300);
        byte[] stale = Bytes(log, LogFiles.Segment(4));
        log.Log.Apply(log.Settings with { SegmentBytes = 1_000_000 });
        log.Log.Clean(10_000);
        List<(long, string?, string?)> expected = log.Read();
        log.Log.Close();
        Write(log, LogFiles.Segment(4) + ".swap", stale);
        log.Reopen(isClean: false);
        Assert.Equal(expected, log.Read());
        Assert.DoesNotContain(Names(log), static name => name.EndsWith(".swap", StringComparison.Ordinal));
    }

    [Fact]
    public void Indexes_in_swap_without_their_log_replace_nothing() // S4
    {
        using KeyedLog log = Filled(segmentBytes: 300);
        log.Log.FlushSealed();
        byte[] index = Bytes(log, LogFiles.Of(0, ".timeindex"));
        Write(log, LogFiles.Of(0, ".timeindex") + ".swap", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        log.Reopen();
        Assert.Equal(index, Bytes(log, LogFiles.Of(0, ".timeindex")));
        Assert.DoesNotContain(Names(log), static name => name.EndsWith(".swap", StringComparison.Ordinal));
    }

    [Fact]
    public void Startup_touches_no_file_that_is_not_its_own() // S9
    {
        using KeyedLog log = Filled(segmentBytes: 300);
        string[] foreign =
        [
            "notes.deleted", "old.swap", "draft.tmp", "x.cleaned", "00000000000000000000-copy.swap", "00000000000000000000.log.swap.bak", "0000.log.deleted",
            "+0000000000000000000.log.swap", "my.spare", "index", "a.index", "00000000000000000000.zip",
        ];
        string[] own = [$"{LogFiles.Segment(3)}.deleted", "00000000000000000003.spare", "00000000000000000007.snapshot.deleted", "leader-epoch-checkpoint.tmp", $"{LogFiles.Segment(1)}.cleaned"];
        Assert.NotNull(log.Log);
        Array.ForEach([.. foreign, .. own], name => Write(log, name, [1]));
        log.Reopen();
        Assert.Equal(foreign.Order(StringComparer.Ordinal), Names(log).Intersect(foreign).Order(StringComparer.Ordinal));
        Assert.Empty(Names(log).Intersect(own));
    }

    [Fact]
    public void The_start_of_a_log_is_written_down_until_the_names_of_removed_segments_are_durable() // S4
    {
        using KeyedLog log = Filled(segmentBytes: 300);
        var storage = new FaultyStorage(log.Storage);
        log.Between = storage;
        log.Reopen();
        log.Log.FlushSealed();
        storage.RenameResult = IoResult.DeviceError;
        Assert.True(log.Log.DeleteRecords(8));
        using (log.Log.Upkeep.Lock.Enter())
        {
            Assert.True(log.Log.Upkeep.Remover.RemoveBelow(8, 0, out IoResult renamed) > 0);
            Assert.Equal(IoResult.DeviceError, renamed);
        }

        Assert.True(log.Log.Segments[0].BaseOffset > 0);
        Assert.Equal(0, log.Log.Upkeep.Remover.LowestFileOffset);
        storage.RenameResult = IoResult.Ok;
        using (log.Log.Upkeep.Lock.Enter())
        {
            Assert.True(log.Log.Upkeep.Remover.Settle(0).IsOk);
        }

        Assert.Equal(log.Log.Segments[0].BaseOffset, log.Log.Upkeep.Remover.LowestFileOffset);
    }

    private static KeyedLog Filled(int segmentBytes)
    {
        var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000, SegmentBytes = segmentBytes, IndexIntervalBytes = 1 });
        for (int i = 0; i < 6; i++)
        {
            log.Put(("a", $"{i}"), ("b", $"{i}")).Roll();
        }

        return log.Put(("end", "1"));
    }

    private static IReadOnlyList<string> Names(KeyedLog log)
    {
        log.Storage.List(KeyedLog.Directory, out IReadOnlyList<string> names);
        return names;
    }

    private static byte[] Bytes(KeyedLog log, string name)
    {
        Assert.NotNull(log.Log);
        return WholeFile.Read(log.Storage, $"{KeyedLog.Directory}/{name}")!;
    }

    private static void Write(KeyedLog log, string name, byte[] bytes)
    {
        log.Storage.Open($"{KeyedLog.Directory}/{name}", FileOpening.Truncated, out IStorageFile? file);
        using (file)
        {
            Assert.True(file!.Write(0, bytes).IsOk);
        }
    }
}
