using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;
using Zurau.Tests;

namespace Simulation.Tests.Disk;

/// <summary>The simulated disk answers as the real storages do, errno by errno and byte by byte, while nothing goes wrong.</summary>
public sealed class StorageContractTests
{
    private static readonly string[] s_paths = ["a", "b", "d", "e", "d/a", "d/b", "e/a", "d/e", "d/e/a", "a/x", "missing/a", ""];

    // Where files in memory are files and directories are directories, they answer as a real disk; odd paths are not their business.
    private static readonly string[] s_orderlyFiles = ["a", "b", "d/a", "d/b", "missing/a"];
    private static readonly string[] s_orderlyDirectories = ["d"];

    [Fact]
    public void It_answers_as_files_on_a_real_disk_do() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        using var directory = new TemporaryDirectory();
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Nasty);
        AssertSame(seed, new FileStorage(directory.At("data"), allowAnyFileSystem: true), disk.Boot(), s_paths, s_paths);
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void It_answers_as_files_in_memory_do() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), static seed =>
    {
        using var memory = new MemoryStorage();
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Ideal);
        AssertSame(seed, memory, disk.Boot(), s_orderlyFiles, s_orderlyDirectories);
        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private static void AssertSame(int seed, IStorage real, IStorage simulated, string[] files, string[] directories)
    {
        real.Acquire();
        simulated.Acquire();
        var driver = new StorageDriver(new SimRandom((ulong)seed), files, directories);
        var both = (Real: new List<string>(), Simulated: new List<string>());
        using var realFiles = new OpenFiles(real);
        using var simulatedFiles = new OpenFiles(simulated);
        for (int step = 0; step < 200; step++)
        {
            StorageStep next = driver.Next();
            both.Real.Add($"{next}: {realFiles.Do(next)}");
            both.Simulated.Add($"{next}: {simulatedFiles.Do(next)}");
            if (both.Real[^1] != both.Simulated[^1])
            {
                Assert.Fail($"Seed {seed}, step {step}: a real storage answered\n{both.Real[^1]}\nthe simulated one\n{both.Simulated[^1]}\nafter\n{string.Join('\n', both.Real.TakeLast(12))}");
            }
        }

        real.Release();
        simulated.Release();
    }
}
