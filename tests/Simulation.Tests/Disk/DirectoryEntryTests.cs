using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>Which creations, renames and deletions survive a power loss.</summary>
public sealed class DirectoryEntryTests
{
    public static TheoryData<string> Honest => [.. Disks.Honest.Select(static profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Honest))]
    public void Entries_of_a_flushed_directory_survive(string profile) => Disks.ForSeeds(100, seed =>
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, Profile(profile));
        IStorage storage = disk.Boot();
        Assert.True(storage.CreateDirectory("d").IsOk);
        Assert.True(storage.SyncDirectory("").IsOk);
        IReadOnlyList<string> synced = [];
        for (int step = 0; step < 15; step++)
        {
            string name = $"d/{random.Next(4)}";
            switch (random.Next(3))
            {
                case 0:
                    _ = storage.Open(name, FileOpening.New, out _);
                    break;
                case 1:
                    _ = storage.Rename(name, $"d/{random.Next(4)}");
                    break;
                default:
                    _ = storage.Delete(name);
                    break;
            }
        }

        Assert.True(storage.SyncDirectory("d").IsOk);
        Assert.True(storage.List("d", out synced).IsOk);
        disk.PowerLoss([]);
        Assert.True(disk.Boot().List("d", out IReadOnlyList<string> left).IsOk);
        Assert.Equal(synced, left);
    });

    [Theory]
    [InlineData("Ideal", "a b c")]
    [InlineData("Sequential", "|a|a b|a b c")]
    [InlineData("Ext4Ordered", "|a|a b|a b c")]
    [InlineData("Nasty", "|a|a b|a b c|a c|b|b c|c")]
    public void Creations_that_were_not_flushed_may_vanish(string profile, string expected) =>
        AssertOutcomes(profile, expected, static storage =>
        {
            storage.Create("a");
            storage.Create("b");
            storage.Create("c");
        });

    [Theory]
    [InlineData("Ideal", "a b")]
    [InlineData("Sequential", "|a|a b")]
    [InlineData("Ext4Ordered", "a|a b")]
    [InlineData("Nasty", "|a|a b|b")]
    public void Flushing_a_new_file_makes_its_name_durable_on_ext4_only(string profile, string expected) =>
        AssertOutcomes(profile, expected, static storage =>
        {
            storage.Create("a").MustFlush();
            storage.Create("b");
        });

    [Theory]
    [MemberData(nameof(Honest))]
    public void A_rename_over_a_file_leaves_the_old_one_or_the_new_one(string profile)
    {
        var contents = new HashSet<string>();
        Disks.ForSeeds(60, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), Profile(profile));
            IStorage storage = disk.Boot();
            Save(storage, "checkpoint", "old");
            Assert.True(storage.SyncDirectory("").IsOk);
            Save(storage, "checkpoint.tmp", "new");
            Assert.True(storage.Rename("checkpoint.tmp", "checkpoint").IsOk);
            disk.PowerLoss([]);
            contents.Add(System.Text.Encoding.ASCII.GetString(disk.ReadFile("checkpoint")!));
        });
        Assert.Equal(profile == "Ideal" ? ["new"] : ["new", "old"], contents.Order());
    }

    [Theory]
    [MemberData(nameof(Honest))]
    public void A_deleted_file_may_come_back_with_the_bytes_that_were_flushed(string profile)
    {
        var contents = new HashSet<string>();
        Disks.ForSeeds(60, seed =>
        {
            using var disk = new SimDisk(new SimRandom(seed), Profile(profile));
            IStorage storage = disk.Boot();
            Save(storage, "a", "flushed");
            Assert.True(storage.SyncDirectory("").IsOk);
            Assert.True(storage.Delete("a").IsOk);
            disk.PowerLoss([]);
            contents.Add(disk.ReadFile("a") is { } left ? System.Text.Encoding.ASCII.GetString(left) : "gone");
        });
        Assert.Equal(profile == "Ideal" ? ["gone"] : ["flushed", "gone"], contents.Order());
    }

    [Fact]
    public void A_renamed_directory_takes_its_files_along_or_stays()
    {
        AssertOutcomes("Nasty", "d/a|gone/a", static storage =>
        {
            Assert.True(storage.CreateDirectory("d").IsOk);
            storage.Create("d/a");
            Assert.True(storage.SyncDirectory("").IsOk);
            Assert.True(storage.SyncDirectory("d").IsOk);
            Assert.True(storage.Rename("d", "gone").IsOk);
        });
    }

    [Fact]
    public void A_directory_whose_own_entry_is_lost_takes_its_flushed_files_with_it() =>
        AssertOutcomes("Nasty", "|d/a", static storage =>
        {
            Assert.True(storage.CreateDirectory("d").IsOk);
            storage.Create("d/a").MustFlush();
            Assert.True(storage.SyncDirectory("d").IsOk);
        });

    [Fact]
    public void A_file_never_has_two_names_after_any_crash() => Disks.ForSeeds(200, static seed =>
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, DiskProfile.Nasty);
        IStorage storage = disk.Boot();
        for (int step = 0; step < 25; step++)
        {
            string name = $"{random.Next(4)}";
            switch (random.Next(5))
            {
                case 0:
                    storage.Open(name, FileOpening.New, out IStorageFile? made);
                    made?.MustWrite(0, BitConverter.GetBytes(step));
                    made?.MustFlush();
                    break;
                case 1:
                    _ = storage.Delete(name);
                    break;
                case 2 when random.Next(6) == 0:
                    Assert.True(storage.SyncDirectory("").IsOk);
                    break;
                default:
                    _ = storage.Rename(name, $"{random.Next(4)}");
                    break;
            }
        }

        disk.PowerLoss([]);
        int[] files = [.. disk.Snapshot().Files.Values.Select(static bytes => BitConverter.ToInt32(bytes))];
        Assert.Equal(files.Distinct().Count(), files.Length);
    });

    private static void AssertOutcomes(string profile, string expected, Action<IStorage> act)
    {
        var outcomes = new SortedSet<string>(StringComparer.Ordinal);
        for (ulong seed = 0; seed < 200; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), Profile(profile));
            act(disk.Boot());
            disk.PowerLoss([]);
            outcomes.Add(string.Join(' ', disk.Snapshot().Files.Keys));
        }

        Assert.Equal(expected, string.Join('|', outcomes));
    }

    private static void Save(IStorage storage, string path, string text)
    {
        IStorageFile file = storage.Create(path, FileOpening.Truncated);
        file.MustWrite(0, System.Text.Encoding.ASCII.GetBytes(text));
        file.MustFlush();
    }

    private static DiskProfile Profile(string name) => DiskProfile.All.Single(profile => profile.Name == name);
}
