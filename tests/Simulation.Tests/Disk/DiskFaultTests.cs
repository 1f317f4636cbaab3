using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Faults without a power failure, and that Heal ends them.</summary>
public sealed class DiskFaultTests
{
    [Fact]
    public void The_nth_call_of_a_class_fails_and_no_other()
    {
        using SimDisk disk = Disk();
        disk.Faults.Fail(DiskOperation.Write | DiskOperation.Allocate, DiskFaults.ReadOnly, onCall: 3, times: 2);
        IStorageFile file = disk.Boot().Create("log");
        int[] answers = [file.Write(0, [1]).Errno, file.Allocate(0, 10).Errno, file.Write(1, [2]).Errno, file.SetLength(5).Errno, file.Allocate(0, 20).Errno, file.Write(1, [3]).Errno];
        Assert.Equal([0, 0, 30, 0, 30, 0], answers);
    }

    [Fact]
    public void Calls_fail_by_path_which_follows_renames()
    {
        using SimDisk disk = Disk();
        disk.Faults.Fail(DiskOperation.All, DiskFaults.InputOutputError, times: int.MaxValue, path: "*.index");
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("a.log");
        Assert.Equal(5, storage.Open("b.index", FileOpening.New, out _).Errno);
        Assert.True(file.Write(0, [1]).IsOk);
        Assert.True(storage.Rename("a.log", "a.index").IsOk);
        Assert.Equal(5, file.Write(0, [1]).Errno);
        disk.Faults.Heal();
        Assert.True(file.Write(0, [1]).IsOk);
    }

    [Fact]
    public void Calls_fail_at_a_rate()
    {
        using SimDisk disk = Disk();
        disk.Faults.FailAtRate(DiskOperation.Read, DiskFaults.InputOutputError, 0.2);
        IStorageFile file = disk.Boot().Create("log");
        file.MustWrite(0, [1]);
        Assert.InRange(Enumerable.Range(0, 1000).Count(_ => !file.Read(0, new byte[1], out int _).IsOk), 150, 250);
    }

    [Fact]
    public void A_failed_flush_makes_pages_clean_that_are_not_on_the_disk()
    {
        int lost = 0;
        Disks.ForSeeds(60, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Ideal);
            IStorageFile file = disk.Boot().Create("log");
            file.MustWrite(0, Disks.All(1, 3 * Disks.Page));
            file.MustFlush();
            file.MustWrite(0, Disks.All(2, 3 * Disks.Page));
            disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError);
            Assert.Equal(IoResult.DeviceError, file.FlushData());
            Assert.Equal(IoResult.Ok, file.FlushData());
            Assert.Equal(0, disk.Writeback(10));
            Assert.True(disk.ReadFile("log").AsSpan().IndexOfAnyExcept((byte)2) < 0, "the page cache shows what is not on the disk");
            disk.PowerLoss([]);
            lost += disk.ReadFile("log").AsSpan().IndexOf((byte)1) >= 0 ? 1 : 0;
        });
        Assert.InRange(lost, 30, 59);
    }

    [Fact]
    public void Writing_the_same_bytes_again_after_a_failed_flush_makes_them_durable() => Disks.ForSeeds(40, static seed =>
    {
        using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        Assert.True(storage.SyncDirectory("").IsOk);
        byte[] bytes = Disks.All(2, 3 * Disks.Page);
        file.MustWrite(0, bytes);
        disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError);
        Assert.Equal(IoResult.DeviceError, file.FlushData());
        disk.Kill([]);
        file = disk.Boot().OpenFile("log");
        file.MustWrite(0, bytes);
        file.MustFlush();
        disk.PowerLoss([]);
        Assert.Equal(bytes, disk.ReadFile("log"));
    });

    [Fact]
    public void A_failed_writeback_is_reported_once_by_the_next_flush_and_never_if_the_file_was_closed()
    {
        using SimDisk disk = Disk();
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        file.MustWrite(0, [1]);
        disk.Faults.Fail(DiskOperation.Writeback, DiskFaults.InputOutputError);
        disk.Writeback(1);
        Assert.Equal(IoResult.DeviceError, file.FlushData());
        Assert.Equal(IoResult.Ok, file.FlushData());

        file.MustWrite(0, [2]);
        disk.Faults.Fail(DiskOperation.Writeback, DiskFaults.InputOutputError);
        disk.Writeback(1);
        file.Dispose();
        Assert.Equal(IoResult.Ok, storage.OpenFile("log").FlushData());
    }

    [Fact]
    public void A_full_disk_refuses_what_needs_blocks_and_takes_it_again_when_there_are_some()
    {
        using SimDisk disk = Disk();
        disk.Faults.QuotaBytes = 4 * Disks.Page;
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        IStorageFile other = storage.Create("other");
        Assert.True(file.Allocate(0, 3 * Disks.Page).IsOk);
        Assert.True(other.Write(0, [1]).IsOk);
        Assert.Equal(4 * Disks.Page, disk.UsedBytes);
        Assert.Equal(IoResult.NoSpace, file.Allocate(3 * Disks.Page, 1));
        Assert.Equal(IoResult.NoSpace, other.Write(Disks.Page, [1]));
        Assert.Equal(IoResult.NoSpace, storage.Open("new", FileOpening.New, out _));
        Assert.Equal(IoResult.NoSpace, storage.CreateDirectory("d"));
        Assert.True(file.Write(0, Disks.All(1, 3 * Disks.Page)).IsOk, "allocated blocks are there to be written to");
        Assert.True(other.Write(0, Disks.All(1, Disks.Page)).IsOk);

        Assert.True(storage.Delete("other").IsOk);
        Assert.Equal(IoResult.NoSpace, storage.Open("new", FileOpening.New, out _));
        other.Dispose();
        Assert.True(storage.Open("new", FileOpening.New, out _).IsOk, "an open file has its blocks until it is closed");
        Assert.True(file.SetLength(0).IsOk);
        Assert.Equal(0, disk.UsedBytes);
    }

    [Fact]
    public void Blocks_are_counted_over_crashes()
    {
        using var disk = new SimDisk(new SimRandom(3), DiskProfile.Ideal);
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        Assert.True(file.Allocate(0, 10 * Disks.Page).IsOk);
        file.MustFlush();
        storage.Create("gone").MustWrite(0, [1]);
        Assert.True(storage.Delete("gone").IsOk);
        disk.Kill([]);
        Assert.Equal(10 * Disks.Page, disk.UsedBytes);
        disk.PowerLoss([]);
        Assert.Equal(10 * Disks.Page, disk.UsedBytes);
    }

    [Fact]
    public void A_broken_sector_cannot_be_read_until_it_is_written_or_healed()
    {
        using SimDisk disk = Disk();
        IStorageFile file = disk.Boot().Create("log");
        file.MustWrite(0, Disks.All(1, 2000));
        disk.Faults.BreakSector("log", 600);
        Assert.Equal(IoResult.DeviceError, file.Read(0, new byte[2000], out _));
        Assert.Equal(IoResult.DeviceError, file.Read(1023, new byte[1], out _));
        Assert.True(file.Read(0, new byte[512], out _).IsOk);
        Assert.True(file.Read(1024, new byte[500], out _).IsOk);
        MappedRegion region = file.MustMap(3 * Disks.Page);
        Assert.Equal(IoResult.DeviceError, region.PopulateForRead(1500, 10));
        Assert.Equal(IoResult.DeviceError, region.PopulateForRead(Disks.Page, 1));
        file.MustWrite(2 * Disks.Page, [1]);
        Assert.True(region.PopulateForRead(Disks.Page, Disks.Page + 1).IsOk);
        file.MustWrite(512, Disks.All(2, 512));
        Assert.True(region.PopulateForRead(0, 2000).IsOk);
        Assert.True(file.Read(0, new byte[2000], out _).IsOk);
        disk.Faults.BreakSector("log", 0);
        disk.Faults.Heal();
        Assert.True(file.Read(0, new byte[2000], out _).IsOk);
    }

    [Fact]
    public void A_flipped_bit_is_seen_by_processes_and_after_power_loss()
    {
        using SimDisk disk = Disk();
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        MappedRegion region = file.MustMap(100);
        file.MustWrite(0, Disks.All(0, 100));
        file.MustFlush();
        disk.Faults.FlipBit("log", 50, 3);
        Assert.Equal(8, region.GetSpan()[50]);
        disk.PowerLoss([]);
        Assert.Equal(8, disk.ReadFile("log")![50]);
        long position = disk.Faults.FlipRandomBit("log");
        Assert.Equal(1, System.Numerics.BitOperations.PopCount((uint)(disk.ReadFile("log")![position] ^ (position == 50 ? 8 : 0))));
    }

    [Fact]
    public void A_slow_flush_reports_its_duration_before_it_has_an_effect()
    {
        using SimDisk disk = Disk();
        var delays = new List<TimeSpan>();
        IStorageFile file = disk.Boot().Create("log");
        file.MustWrite(0, [1]);
        disk.Faults.SlowFlushes(1, TimeSpan.FromSeconds(2));
        disk.Delaying = delay =>
        {
            delays.Add(delay);
            Assert.Empty(disk.Snapshot(DiskImage.Durable).Files.Values.SelectMany(static bytes => bytes));
        };
        file.MustFlush();
        Assert.InRange(Assert.Single(delays), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(2));
        disk.Faults.Heal();
        file.MustFlush();
        Assert.Single(delays);
    }

    private static SimDisk Disk() => new(new SimRandom(7), DiskProfile.Ideal);
}
