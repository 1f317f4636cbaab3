using System.Diagnostics;
using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Storage;
using Zurau.Simulation;

namespace ProcessTests.Processes;

/// <summary>
/// Real processes on the real disk: what a killed, stopped, ended or copied one leaves
/// is what it had promised.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    // K1 K2 K12 K15: the run compares every acknowledged record, what readers saw and
    // committed offsets after each kill.
    [Fact]
    public void Ten_processes_killed_under_load_lose_nothing_that_was_acknowledged_or_seen()
    {
        int seed = Seed();
        using var directory = new TestDirectory();
        KillRunResult result = new KillRun(BuiltProgram.Simulation, directory.Path, seed).Run(10, output.WriteLine);
        output.WriteLine(result.ToString());
        Assert.Equal(10, result.Kills);
        Assert.True(result.Records > 0);
    }

    [Fact]
    public void A_process_terminated_in_the_middle_of_appends_shuts_down_cleanly_and_soon() // K16
    {
        int seed = Seed();
        using var life = new Life(seed);
        life.Process.WaitFor(KillRunWriter.Ready);
        life.LetItAppend();
        long began = Stopwatch.GetTimestamp();
        life.Process.Send(KillRunProcess.Terminate);
        Assert.Equal(0, life.Process.Finish());
        TimeSpan took = Stopwatch.GetElapsedTime(began);
        output.WriteLine($"ended in {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(30), $"it took {took}");
        Assert.True(File.Exists(Path.Combine(life.Data, ".kafka_cleanshutdown")));
        Assert.True(life.Check.Run(life.Data, null).Records > 0);
    }

    [Fact]
    public void A_process_that_was_suspended_continues_and_loses_nothing() // E7
    {
        using var life = new Life(Seed());
        life.Process.WaitFor(KillRunWriter.Ready);
        for (int i = 0; i < 3; i++)
        {
            life.LetItAppend();
            life.Process.Send(KillRunProcess.Stop);
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{life.Process.Id}/stat").Contains(") T ", StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
            long stopped = life.Attempted;
            Thread.Sleep(200); // The pause itself; nothing is waited for.
            Assert.Equal(stopped, life.Attempted);
            life.Process.Send(KillRunProcess.Continue);
        }

        life.LetItAppend();
        Assert.True(life.Process.Kill());
        Assert.True(life.Check.Run(life.Data, null).Records > 0);
    }

    [Fact]
    public void A_copy_taken_while_a_process_appends_opens_and_is_a_prefix() // E10
    {
        using var life = new Life(Seed());
        life.Process.WaitFor(KillRunWriter.Ready);
        var copies = new List<(long[] Acknowledged, KillRunCheck.Content Content)>();
        for (int i = 0; i < 3; i++)
        {
            life.LetItAppend();
            long[] acknowledged = life.AcknowledgedEnds();
            string copy = KillRun.Copy(life.Data, life.Data + $".copy-{i}");
            copies.Add((acknowledged, life.Check.ReadCopy(copy)));
        }

        Assert.True(life.Process.Kill());
        KillRunCheck.Content whole = life.Check.Run(life.Data, null);
        foreach ((long[] acknowledged, KillRunCheck.Content content) in copies)
        {
            KillRunCheck.CheckPrefix(content, whole, "the copy");

            // What was acknowledged before the copy began is in it.
            Assert.All(acknowledged, (end, partition) => Assert.True(content.Partitions[partition].Length >= end, $"partition {partition} has {content.Partitions[partition].Length} of {end}"));
        }
    }

    [Fact]
    public void A_directory_that_a_process_has_open_is_refused_to_others_and_free_again_after_its_kill() // K13
    {
        using var life = new Life(Seed());
        life.Process.WaitFor(KillRunWriter.Ready);
        StorageException refused = Assert.Throws<StorageException>(() => Broker.Open(new BrokerSettings { Storage = new FileStorage(life.Data) }));
        Assert.Contains("in use by another process", refused.Message);
        life.LetItAppend();
        Assert.True(life.Process.Kill());
        Assert.True(life.Check.Run(life.Data, null).Records > 0);
    }

    private int Seed()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("ZURAU_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"ZURAU_SEED={seed}");
        return seed;
    }

    /// <summary>One process with its directories.</summary>
    private sealed class Life : IDisposable
    {
        private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
        private readonly TestDirectory _directory = new();
        private readonly KillRunPlan _plan;
        private readonly KillRunExpected _expected;

        internal Life(int seed)
        {
            Data = Directory.CreateDirectory(_directory.At("data")).FullName;
            string expected = Directory.CreateDirectory(_directory.At("expected")).FullName;
            _plan = KillRunPlan.Draw(seed);
            _expected = new KillRunExpected(expected);
            Check = new KillRunCheck(_plan, _expected);
            Process = KillRunProcess.Start(BuiltProgram.Simulation, seed, 1, Data, expected);
        }

        internal string Data { get; }

        internal KillRunProcess Process { get; }

        internal KillRunCheck Check { get; }

        internal long Attempted => Enumerable.Range(0, _plan.Writers).Sum(_expected.Attempted);

        /// <summary>Returns when some more records are on their way.</summary>
        internal void LetItAppend()
        {
            long wanted = Attempted + 200;
            Assert.True(SpinWait.SpinUntil(() => Process.HasExited || Attempted >= wanted, s_patience) && !Process.HasExited, $"It appends nothing. {Process.Errors()}");
        }

        /// <summary>
        /// The exclusive end offset of the acknowledged records of each partition.
        /// </summary>
        internal long[] AcknowledgedEnds()
        {
            long[] ends = new long[_plan.Partitions];
            foreach (KillRunExpected.Acknowledged batch in Enumerable.Range(0, _plan.Writers).SelectMany(_expected.ReadAcknowledged))
            {
                ends[batch.Partition] = Math.Max(ends[batch.Partition], batch.BaseOffset + batch.Count);
            }

            return ends;
        }

        public void Dispose()
        {
            Process.Dispose();
            _directory.Dispose();
        }
    }
}
