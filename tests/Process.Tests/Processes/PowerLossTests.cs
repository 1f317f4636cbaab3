using System.Globalization;
using Zurau.Simulation;

namespace ProcessTests.Processes;

/// <summary>
/// A real file system that loses its device in the middle of appends, journal and page
/// cache with it: what a power cut leaves, on the file systems that data lies on and
/// not on a model of them. ZURAU_POWER_CUTS sets how many cuts, ZURAU_SEED repeats a
/// run.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output)
{
    private const long Ext4Bytes = 128 << 20;
    private const long XfsBytes = 320 << 20;

    [MountFact(needsDevice: true)]
    public void After_a_power_cut_what_the_disk_acknowledged_is_there_and_the_rest_is_missing_only_at_the_end() => // W1 W4 W5 W6 W7
        CutAndCheck(3, static _ => TemporaryMount.Ext4(Ext4Bytes));

    /// <summary>
    /// Alternately without shared blocks, where the engine stores to mappings, and with
    /// them, where it writes.
    /// </summary>
    [MountFact(needsXfs: true)]
    public void After_a_power_failure_of_XFS_acknowledged_records_exist_and_others_are_missing_only_at_the_end() =>
        CutAndCheck(2, static cut => TemporaryMount.Xfs(XfsBytes, canShareBlocks: cut % 2 == 1));

    private void CutAndCheck(int usualCuts, Func<int, TemporaryMount> make)
    {
        int cuts = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_POWER_CUTS"), CultureInfo.InvariantCulture, out int wanted) ? wanted : usualCuts;
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"ZURAU_SEED={seed}");
        var random = new Random(seed);
        for (int i = 0; i < cuts; i++)
        {
            int planSeed = random.Next();
            var plan = KillRunPlan.Draw(planSeed);
            using TemporaryMount mount = make(i);
            using var outside = new TestDirectory();
            string data = Directory.CreateDirectory(Path.Combine(mount.Path, "data")).FullName;
            using (var process = KillRunProcess.Start(BuiltProgram.Simulation, planSeed, 1, data, outside.Path))
            {
                process.WaitFor(KillRunWriter.Ready);
                Thread.Sleep(random.Next(20, 300)); // A random time for the failure; nothing is awaited.
                var before = Directory.GetFiles(outside.Path, "writer-*").ToDictionary(static file => file, static file => new FileInfo(file).Length);
                mount.CutPower();

                // It gets errors from writes, or is killed by a store to a page that cannot be written
                // any more. ext4 answers a flush that was under way at its shutdown with 0 although
                // nothing of it is kept: one that waits for a journal commit which the shutdown
                // aborted finds that commit over. So only what was acknowledged before the cut counts;
                // the rest would have died with the machine.
                _ = process.Kill();
                foreach ((string file, long length) in before)
                {
                    using FileStream acknowledged = File.OpenWrite(file);
                    acknowledged.SetLength(Math.Min(acknowledged.Length, Math.Max(length, KillRunExpected.EntriesStart)));
                }
            }

            mount.Unmount();
            mount.Mount();
            var expected = new KillRunExpected(outside.Path);
            KillRunCheck.Content content = new KillRunCheck(plan, expected).Run(data, null, isPowerLoss: true);
            output.WriteLine($"cut {i + 1}: {content.Records} of {Enumerable.Range(0, plan.Writers).Sum(expected.Attempted)} records are there, {plan}");
        }
    }
}
