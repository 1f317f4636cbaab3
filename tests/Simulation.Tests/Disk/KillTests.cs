using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// A killed process takes nothing with it but itself: the page cache stays, and nothing
/// the dead still do is seen.
/// </summary>
public sealed class KillTests
{
    [Fact]
    public void Everything_written_or_stored_survives_a_kill_in_every_profile()
    {
        foreach (DiskProfile profile in DiskProfile.All)
        {
            using var disk = new SimDisk(new SimRandom(1), profile);
            IStorage storage = disk.Boot();
            Assert.True(storage.CreateDirectory("d").IsOk);
            IStorageFile file = storage.Create("d/log");
            Assert.True(file.Allocate(0, 10_000).IsOk);
            file.MustMap(64 * 1024).GetSpan()[..5000].Fill(9);
            file.MustWrite(5000, Disks.All(8, 100));
            Assert.True(storage.Rename("d/log", "d/other").IsOk);
            DiskSnapshot before = disk.Snapshot();
            disk.Kill([]);
            Assert.Null(before.DifferenceTo(disk.Snapshot()));
            Assert.Equal(["other"], Names(disk.Boot(), "d"));
            Assert.Equal(before.Hash, disk.Snapshot().Hash);
        }
    }

    [Fact]
    public void A_copy_in_flight_leaves_any_subset_of_its_32_byte_chunks()
    {
        const int Length = (32 * 5) + 7;
        var images = new HashSet<string>();
        Disks.ForSeeds(300, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Ideal);
            IStorageFile file = disk.Boot().Create("log");
            file.MustWrite(0, Disks.All(1, 1000));
            MappedRegion region = file.MustMap(4096);
            var copy = new CopyInFlight(region, 500, region.GetSpan().Slice(500, Length).ToArray());
            region.GetSpan().Slice(500, Length).Fill(2);
            disk.Kill([copy]);
            byte[] left = disk.ReadFile("log")!;
            Assert.True(left.AsSpan(0, 500).IndexOfAnyExcept((byte)1) < 0 && left.AsSpan(500 + Length).IndexOfAnyExcept((byte)1) < 0);
            byte[][] chunks = [.. left.AsSpan(500, Length).ToArray().Chunk(32)];
            Assert.All(chunks, static chunk => Assert.Single(chunk.Distinct()));
            images.Add(string.Concat(chunks.Select(static chunk => chunk[0])));
        });
        Assert.Contains("111111", images);
        Assert.Contains("222222", images);
        Assert.Contains("221111", images);
        Assert.True(images.Count > 20);
    }

    [Fact]
    public void A_write_that_a_kill_interrupts_may_be_torn()
    {
        var kept = new HashSet<int>();
        for (ulong seed = 0; seed < 50; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Ideal);
            disk.Writing = copy => disk.Kill([copy]);
            IStorageFile file = disk.Boot().Create("index");
            file.MustWrite(0, Disks.All(3, 64));
            byte[] left = disk.ReadFile("index")!;
            kept.Add(left.AsSpan().Count((byte)3));
            Assert.Throws<ProcessDeadException>(() => file.Write(64, Disks.All(3, 64)));
        }

        Assert.Equal([0, 32, 64], kept.Order());
    }

    [Fact]
    public void Stores_through_a_map_of_a_dead_process_change_nothing()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        IStorageFile file = disk.Boot().Create("log");
        file.MustWrite(0, Disks.All(1, 8000));
        MappedRegion region = file.MustMap(64 * 1024);
        disk.Kill([]);
        region.GetSpan()[..8000].Fill(2);
        MappedRegion mapped = disk.Boot().OpenFile("log").MustMap(64 * 1024);
        Assert.True(mapped.GetSpan()[..8000].IndexOfAnyExcept((byte)1) < 0);
        region.GetSpan()[..8000].Fill(3);
        Assert.True(mapped.GetSpan()[..8000].IndexOfAnyExcept((byte)1) < 0);
        disk.PowerLoss([]);
        region.GetSpan()[..8000].Fill(4);
        mapped.GetSpan()[..8000].Fill(5);
        byte[]? left = disk.ReadFile("log");
        Assert.True(left is null || left.AsSpan().IndexOfAny((byte)2, (byte)3, (byte)4) < 0);
    }

    [Fact]
    public void A_dead_process_gets_no_answers_and_may_still_close_what_it_had()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        IStorage storage = disk.Boot();
        storage.Acquire();
        IStorageFile file = storage.Create("log");
        file.MustWrite(0, [1]);
        MappedRegion region = file.MustMap(100);
        IStorage next = disk.Boot();
        Assert.Throws<ProcessDeadException>(() => file.Length(out _));
        Assert.Throws<ProcessDeadException>(() => file.FlushData());
        Assert.Throws<ProcessDeadException>(() => storage.Open("log", FileOpening.Existing, out _));
        Assert.Throws<ProcessDeadException>(() => storage.List("", out _));
        ((IDisposable)region).Dispose();
        file.Dispose();
        storage.Release();
        next.Acquire();
        Assert.Equal(["log"], Names(next, ""));
    }

    [Fact]
    public void A_kill_between_a_call_and_its_effect_leaves_the_effect_out()
    {
        using var disk = new SimDisk(new SimRandom(1), DiskProfile.Ideal);
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        var calls = new List<DiskCall>();
        disk.Calling = call =>
        {
            calls.Add(call);
            if (call.Operation == DiskOperation.Rename)
            {
                disk.Kill([]);
            }
        };
        file.MustWrite(5, [1, 2, 3]);
        Assert.Throws<ProcessDeadException>(() => storage.Rename("log", "other"));
        Assert.Equal([new DiskCall(DiskOperation.Write, "log", 5, 3), new DiskCall(DiskOperation.Rename, "log", 0, 0)], calls);
        Assert.Equal(["log"], Names(disk.Boot(), "").Order());
    }

    [Fact]
    public void A_killed_process_may_lose_its_unflushed_bytes_in_a_later_power_failure()
    {
        int lost = 0;
        Disks.ForSeeds(50, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Sequential);
            IStorage storage = disk.Boot();
            IStorageFile file = storage.Create("log");
            Assert.True(storage.SyncDirectory("").IsOk);
            file.MustWrite(0, Disks.All(1, 3000));
            disk.Kill([]);
            disk.Boot().OpenFile("log").Length(out long length);
            Assert.Equal(3000, length);
            disk.PowerLoss([]);
            lost += disk.ReadFile("log")!.Length < 3000 ? 1 : 0;
        });
        Assert.InRange(lost, 1, 49);
    }

    private static IReadOnlyList<string> Names(IStorage storage, string path)
    {
        storage.List(path, out IReadOnlyList<string> names).ThrowIfFailed($"Listing '{path}'");
        return names;
    }
}
