using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// The same seed and the same calls give the same disk, byte for byte, through faults
/// and crashes.
/// </summary>
public sealed class DiskDeterminismTests
{
    [Fact]
    public void The_same_seed_gives_the_same_images_and_another_gives_others()
    {
        foreach (DiskProfile profile in DiskProfile.All)
        {
            ulong[] hashes = [.. Enumerable.Range(0, 20).Select(seed => Run(profile, (ulong)seed))];
            Assert.Equal(hashes, Enumerable.Range(0, 20).Select(seed => Run(profile, (ulong)seed)));
            Assert.True(hashes.Distinct().Count() > 15, $"{profile}: {hashes.Distinct().Count()} of 20");
        }
    }

    [Fact]
    public void The_result_of_a_seed_never_changes()
    {
        var random = new SimRandom(42);
        Assert.Equal([13679457532755275413, 2949826092126892291, 5139283748462763858], new ulong[] { random.NextBits(), random.NextBits(), random.NextBits() });
        Assert.Equal([3, 0, 8, 2, 8], Enumerable.Range(0, 5).Select(_ => random.Next(10)));
        Assert.Equal(1944419870741221840UL, Run(DiskProfile.Nasty, 1));
    }

    [Fact]
    public void Numbers_are_spread_evenly_and_forks_have_their_own()
    {
        var random = new SimRandom(1);
        int[] counts = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            counts[random.Next(10)]++;
        }

        Assert.All(counts, static count => Assert.InRange(count, 9_500, 10_500));
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => random.NextBool(0.25)), 24_000, 26_000);
        SimRandom fork = random.Fork();
        Assert.NotEqual(fork.NextBits(), random.NextBits());
        Assert.All(Enumerable.Range(0, 1000).Select(_ => random.Next(-5, 5)), static number => Assert.InRange(number, -5, 4));
    }

    /// <summary>
    /// Runs crashes with all faults enabled; returns the hash of everything that is left.
    /// </summary>
    private static ulong Run(DiskProfile profile, ulong seed)
    {
        var random = new SimRandom(seed);
        using var disk = new SimDisk(random, profile);
        disk.Faults.FailAtRate(DiskOperation.Write | DiskOperation.Flush | DiskOperation.Writeback, DiskFaults.InputOutputError, 0.1);
        disk.Faults.QuotaBytes = 40 * Disks.Page;
        ulong hash = 0;
        for (int life = 0; life < 5; life++)
        {
            IStorage storage = disk.Boot();
            for (int step = 0; step < 30; step++)
            {
                string name = $"{random.Next(5)}";
                switch (random.Next(4))
                {
                    case 0:
                        _ = storage.Rename(name, $"{random.Next(5)}");
                        break;
                    case 1 when random.Next(5) == 0:
                        _ = storage.SyncDirectory("");
                        break;
                    case 2:
                        disk.Writeback(random.Next(3));
                        break;
                    default:
                        if (storage.Open(name, random.NextBool() ? FileOpening.Truncated : FileOpening.Existing, out IStorageFile? file).IsOk)
                        {
                            _ = file!.Write(random.Next(10_000), Disks.Bytes(random, random.Next(5000)));
                            _ = file.FlushData();
                            file.Length(out long length);
                            MappedRegion region = file.MustMap(64 * 1024);
                            region.GetSpan()[..(int)length].Fill((byte)step);
                        }

                        break;
                }
            }

            if (random.NextBool())
            {
                disk.Kill([]);
            }
            else
            {
                disk.PowerLoss([]);
            }

            disk.ReclaimDead();
            hash = (hash * 31) + disk.Snapshot().Hash + (ulong)disk.UsedBytes;
        }

        return hash;
    }
}
