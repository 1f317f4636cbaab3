using CsCheck;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Simulation.Tests.Disk;

/// <summary>
/// Without faults, the simulated disk returns the same results as the real storages,
/// errno by errno and byte by byte.
/// </summary>
public sealed class StorageContractTests
{
    private static readonly Gen<int> s_seed = Gen.Int[0, int.MaxValue];
    private static readonly string[] s_paths = ["a", "b", "d", "e", "d/a", "d/b", "e/a", "d/e", "d/e/a", "a/x", "missing/a", ""];

    // Where files in memory are files and directories are directories, they answer as a
    // real disk; odd paths are not their business.
    private static readonly string[] s_orderlyFiles = ["a", "b", "d/a", "d/b", "missing/a"];
    private static readonly string[] s_orderlyDirectories = ["d"];

    [Fact]
    public void It_answers_as_files_on_a_real_disk_do() => Property.HoldsForHistories(s_seed, StorageSteps.Of(s_paths, s_paths), 200, static (seed, steps) =>
    {
        using var directory = new TestDirectory();
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Nasty);
        AssertSame(new FileStorage(directory.At("data"), allowAnyFileSystem: true), disk.Boot(), steps);
    }, count: 150);

    [Fact]
    public void It_answers_as_files_in_memory_do() => Property.HoldsForHistories(s_seed, StorageSteps.Of(s_orderlyFiles, s_orderlyDirectories), 200, static (seed, steps) =>
    {
        using var memory = new MemoryStorage();
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Ideal);
        AssertSame(memory, disk.Boot(), steps);
    }, count: 150);

    private static void AssertSame(IStorage real, IStorage simulated, List<StorageStep> steps)
    {
        real.Acquire();
        simulated.Acquire();
        using var realFiles = new OpenFiles(real);
        using var simulatedFiles = new OpenFiles(simulated);
        foreach (StorageStep step in steps)
        {
            Assert.Equal($"{step}: {realFiles.Do(step)}", $"{step}: {simulatedFiles.Do(step)}");
        }

        real.Release();
        simulated.Release();
    }
}
