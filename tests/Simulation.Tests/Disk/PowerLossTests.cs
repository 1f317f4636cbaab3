using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// What of a file's bytes each profile keeps when the power fails, and what it may
/// take.
/// </summary>
public sealed class PowerLossTests
{
    public static TheoryData<string> Honest => [.. Disks.Honest.Select(static profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Honest))]
    public void Flushed_bytes_of_a_file_with_a_durable_name_survive(string profile) => Disks.ForSeeds(150, seed =>
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, Profile(profile));
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        MappedRegion region = file.MustMap(64 * 1024);
        Assert.True(storage.SyncDirectory("").IsOk);
        byte[] written = [];
        int flushed = 0;
        for (int step = 0; step < 12; step++)
        {
            byte[] more = Disks.Bytes(random, 1 + random.Next(5000));
            switch (random.Next(5))
            {
                case 0 or 1:
                    file.MustWrite(written.Length, more);
                    written = [.. written, .. more];
                    break;
                case 2:
                    Assert.True(file.Allocate(written.Length, more.Length).IsOk);
                    more.CopyTo(region.GetSpan()[written.Length..]);
                    written = [.. written, .. more];
                    break;
                case 3:
                    file.MustFlush();
                    flushed = written.Length;
                    break;
                default:
                    disk.Writeback(random.Next(4));
                    break;
            }
        }

        disk.PowerLoss([]);
        byte[] left = disk.ReadFile("log")!;
        Assert.InRange(left.Length, flushed, written.Length);
        Assert.True(left.AsSpan(0, flushed).SequenceEqual(written.AsSpan(0, flushed)));
        Assert.True(disk.Snapshot().DifferenceTo(disk.Snapshot(DiskImage.Durable)) is null);
    });

    [Fact]
    public void Ideal_loses_only_a_tail_of_whole_sectors() => AssertPrefix(DiskProfile.Ideal, Disks.Sector);

    [Fact]
    public void Sequential_loses_only_a_tail() => AssertPrefix(DiskProfile.Sequential, 1);

    [Fact]
    public void Ext4Ordered_keeps_pages_whole_and_never_shows_a_size_without_its_data()
    {
        bool hasHole = false;
        Disks.ForSeeds(200, seed =>
        {
            (byte[] grown, byte[] stored) = LoseUnflushed(DiskProfile.Ext4Ordered, seed, out byte[] written);
            Assert.True(grown.AsSpan().SequenceEqual(written.AsSpan(0, grown.Length)));
            for (int page = 0; page < stored.Length; page += Disks.Page)
            {
                Span<byte> bytes = stored.AsSpan(page, Math.Min(Disks.Page, stored.Length - page));
                bool isNew = bytes.SequenceEqual(written.AsSpan(page, bytes.Length));
                Assert.True(isNew || bytes.IndexOfAnyExcept((byte)0) < 0);
                hasHole |= !isNew && stored.AsSpan(page).IndexOfAnyExcept((byte)0) >= 0;
            }
        });
        Assert.True(hasHole, "a later page is sometimes kept where an earlier one is lost");
    }

    [Fact]
    public void Nasty_tears_drops_and_corrupts_sectors_in_any_order()
    {
        bool isTorn = false, isGarbage = false, hasHole = false, hasSizeWithoutData = false;
        Disks.ForSeeds(200, seed =>
        {
            (byte[] grown, byte[] stored) = LoseUnflushed(DiskProfile.Nasty, seed, out byte[] written);
            hasSizeWithoutData |= grown.AsSpan().IndexOf((byte)0) >= 0;
            for (int sector = 0; sector + Disks.Sector <= stored.Length; sector += Disks.Sector)
            {
                ReadOnlySpan<byte> bytes = stored.AsSpan(sector, Disks.Sector);
                int same = bytes.CommonPrefixLength(written.AsSpan(sector, Disks.Sector));
                int rest = bytes[same..].IndexOfAnyExcept((byte)0);
                isTorn |= same is > 8 and < Disks.Sector - 8 && rest < 0;
                isGarbage |= same < 8 && bytes.IndexOf((byte)0) is < 0 or > 32;
                hasHole |= same == 0 && rest < 0 && stored.AsSpan(sector).IndexOfAnyExcept((byte)0) >= 0;
            }
        });
        Assert.True(isTorn && isGarbage && hasHole && hasSizeWithoutData, $"torn {isTorn}, garbage {isGarbage}, holes {hasHole}, size without data {hasSizeWithoutData}");
    }

    [Fact]
    public void Lying_sometimes_loses_what_it_said_was_flushed()
    {
        int lost = 0;
        Disks.ForSeeds(100, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Lying);
            IStorage storage = disk.Boot();
            IStorageFile file = storage.Create("log");
            file.MustWrite(0, Disks.All(7, 100));
            file.MustFlush();
            Assert.True(storage.SyncDirectory("").IsOk);
            disk.PowerLoss([]);
            lost += disk.ReadFile("log") is { Length: 100 } left && left.AsSpan().IndexOfAnyExcept((byte)7) < 0 ? 0 : 1;
        });
        Assert.InRange(lost, 1, 99);
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public void A_cut_that_was_not_flushed_is_kept_or_lost_as_a_whole(string profile)
    {
        var lengths = new HashSet<int>();
        Disks.ForSeeds(60, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), Profile(profile));
            IStorage storage = disk.Boot();
            IStorageFile file = storage.Create("log");
            file.MustWrite(0, Disks.All(7, 10_000));
            file.MustFlush();
            Assert.True(storage.SyncDirectory("").IsOk);
            Assert.True(file.SetLength(3000).IsOk);
            disk.PowerLoss([]);
            byte[] left = disk.ReadFile("log")!;
            Assert.True(left.AsSpan(0, 3000).IndexOfAnyExcept((byte)7) < 0);
            lengths.Add(left.Length);
        });
        Assert.Equal(profile == "Ideal" ? [3000] : [3000, 10_000], lengths.Order());
    }

    [Fact]
    public void Truncated_bytes_never_reappear_when_the_file_grows_again_and_is_flushed() => Disks.ForSeeds(100, static seed =>
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, DiskProfile.Nasty);
        IStorage storage = disk.Boot();
        IStorageFile file = storage.Create("log");
        file.MustWrite(0, Disks.All(7, 20_000));
        _ = random.NextBool() ? file.FlushData().Errno : disk.Writeback(3);
        Assert.True(file.SetLength(random.Next(10_000)).IsOk);
        file.Length(out long cut);
        disk.Writeback(random.Next(3));
        Assert.True(file.Allocate(0, 20_000).IsOk);
        disk.Writeback(random.Next(3));
        file.MustFlush();
        Assert.True(storage.SyncDirectory("").IsOk);
        disk.PowerLoss([]);
        byte[] left = disk.ReadFile("log")!;
        Assert.Equal((20_000, -1, -1), (left.Length, left.AsSpan(0, (int)cut).IndexOfAnyExcept((byte)7), left.AsSpan((int)cut).IndexOfAnyExcept((byte)0)));
    });

    private static void AssertPrefix(DiskProfile profile, int unit)
    {
        var cuts = new HashSet<int>();
        Disks.ForSeeds(200, seed =>
        {
            (byte[] grown, byte[] stored) = LoseUnflushed(profile, seed, out byte[] written);
            Assert.True(grown.AsSpan().SequenceEqual(written.AsSpan(0, grown.Length)));
            int cut = stored.AsSpan().CommonPrefixLength(written);
            Assert.True(cut == written.Length || cut % unit == 0);
            Assert.True(stored.AsSpan(cut).IndexOfAnyExcept((byte)0) < 0);
            cuts.Add(cut);
        });
        Assert.True(cuts.Count > 10);
    }

    /// <summary>
    /// Loses power over one file that was grown by writing, and one that was allocated,
    /// flushed, and stored to through a map.
    /// </summary>
    private static (byte[] Grown, byte[] Stored) LoseUnflushed(DiskProfile profile, ulong seed, out byte[] written)
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, profile);
        IStorage storage = disk.Boot();
        written = Disks.Bytes(random, 5 * Disks.Page);
        IStorageFile grown = storage.Create("grown");
        IStorageFile stored = storage.Create("stored");
        Assert.True(stored.Allocate(0, written.Length).IsOk);
        stored.MustFlush();
        Assert.True(storage.SyncDirectory("").IsOk);
        grown.MustWrite(0, written);
        written.CopyTo(stored.MustMap(written.Length).GetSpan());
        disk.Writeback(random.Next(3));
        disk.PowerLoss([]);
        return (disk.ReadFile("grown")!, disk.ReadFile("stored")!);
    }

    private static DiskProfile Profile(string name) => DiskProfile.All.Single(profile => profile.Name == name);
}
