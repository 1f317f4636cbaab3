using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Stores that kill a process on a real machine end the run on a simulated one.</summary>
public sealed class StrayStoreTests
{
    [Fact]
    public void A_store_into_a_hole_of_a_full_disk_would_be_a_SIGBUS()
    {
        using SimDisk disk = Disk(out IStorageFile file, out MappedRegion region);
        Assert.True(file.SetLength(2 * Disks.Page).IsOk);
        region.GetSpan()[0] = 1;
        file.MustFlush();
        disk.Faults.QuotaBytes = disk.UsedBytes;
        region.GetSpan()[0] = 2;
        file.MustFlush();
        region.GetSpan()[Disks.Page] = 1;
        SimulationFailure failure = Assert.Throws<SimulationFailure>(() => disk.Writeback(1));
        Assert.Contains("would SIGBUS", failure.Message, StringComparison.Ordinal);
        Assert.Contains("'log'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2 * Disks.Page, "would SIGBUS")]
    [InlineData(1000, "would be lost")]
    public void A_store_after_the_end_is_found_by_the_next_check(int position, string what)
    {
        foreach (Action<SimDisk, IStorageFile> look in (Action<SimDisk, IStorageFile>[])
            [(_, file) => file.FlushData(), (disk, _) => disk.Writeback(1), (disk, _) => disk.Kill([]), (disk, _) => disk.PowerLoss([]), (_, file) => file.Allocate(0, 3 * Disks.Page)])
        {
            using SimDisk disk = Disk(out IStorageFile file, out MappedRegion region);
            file.MustWrite(0, Disks.All(1, 1000));
            region.GetSpan()[position] = 1;
            SimulationFailure failure = Assert.Throws<SimulationFailure>(() => look(disk, file));
            Assert.Contains(what, failure.Message, StringComparison.Ordinal);
            Assert.Contains($"byte {position}", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_map_longer_than_its_file_grows_into_it_without_moving()
    {
        using SimDisk disk = Disk(out IStorageFile file, out MappedRegion region);
        for (int length = Disks.Page; length <= 64 * 1024; length += 3000)
        {
            Assert.True(file.Allocate(0, length).IsOk);
            region.GetSpan()[length - 1] = 5;
            Assert.True(file.Read(length - 1, new byte[1], out int read).IsOk && read == 1);
            Assert.Equal(5, disk.ReadFile("log")![length - 1]);
        }

        using SimDisk large = new(new SimRandom(1), DiskProfile.Ideal);
        IStorageFile segment = large.Boot().Create("log");
        MappedRegion whole = segment.MustMap(1 << 30);
        Assert.True(segment.Allocate(0, 5000).IsOk);
        whole.GetSpan()[4999] = 1;
        segment.MustFlush();
        Assert.Equal(8192, large.UsedBytes);
    }

    private static SimDisk Disk(out IStorageFile file, out MappedRegion region)
    {
        var disk = new SimDisk(new SimRandom(1), DiskProfile.Nasty);
        file = disk.Boot().Create("log");
        region = file.MustMap(64 * 1024);
        return disk;
    }
}
