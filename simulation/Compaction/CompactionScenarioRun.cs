using System.Globalization;
using System.Text;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>
/// Runs the scenario 'compaction': readers from many offsets must agree about every key
/// after any cleaning and any crash.
/// </summary>
internal sealed class CompactionScenarioRun(CrashPlan plan) : IScenarioRun
{
    private const int BackoffMs = 5;
    private const int StepBytes = 400;
    private const int Readers = 5;
    private readonly CompactionModel _model = new(plan.Partitions, plan.DeleteRetentionMs > 0);
    private readonly Settling _settling = new(plan.Partitions);
    private readonly bool _losesAnyName = DiskProfile.All.Single(profile => profile.Name == plan.Profile).Entries == EntryLoss.Any;
    private bool _sawPowerLoss; // Since the last complete read of all partitions.

    public bool IsDamaged => false;

    public BrokerSettings Configure(BrokerSettings settings) => settings with
    {
        LogRetentionMs = -1,
        LogRollMs = long.MaxValue,
        LogSegmentDeleteDelayMs = BackoffMs,
        LogCleanerBackoffMs = BackoffMs,
        LogCleanerDedupeBufferSize = plan.Seed % 4 == 0 ? 200 : 1 << 16,
        CleanerStepBytes = StepBytes,
    };

    public ErrorResult CreateTopics(Broker broker)
    {
        ErrorResult found = broker.DescribeTopic(CrashRun.Topic, autoCreate: false, out _);
        var configs = new Dictionary<string, string>
        {
            // DeleteRecords requires the delete policy; retention is off.
            [TopicConfigs.CleanupPolicy] = "compact,delete",
            [TopicConfigs.MinCleanableDirtyRatio] = "0.01",
            [TopicConfigs.DeleteRetentionMs] = plan.DeleteRetentionMs.ToString(CultureInfo.InvariantCulture),
        };
        return found.IsSuccess ? found : broker.CreateTopic(new NewTopic(CrashRun.Topic, plan.Partitions) { Configs = configs });
    }

    public void Execute(ProcessRun run, ProcessRunPlan runPlan)
    {
        run.Owner.Heal();
        if (!_settling.Wait(run.World, run.Broker, run.Owner.HadFaults) || !TryVerify(run, "after a restart,", isRestart: true))
        {
            run.World.Probe("incomplete after a startup with disk faults");
            return; // The next startup must find it complete.
        }

        run.RunActors(actor => new CompactionWorker(run, _model, actor).Run);
        if (runPlan.Actors.Count == 0)
        {
            _settling.WaitForEnds(run.World, run.Broker);
            run.World.Sleep(1000); // Enough time to clean all that can be cleaned.
            ThrowIfUncleanable(run.Broker);
            _ = TryVerify(run, "at the end,", isRestart: false);
        }
    }

    public void Settle(World world, Broker broker) => _ = _settling.Wait(world, broker);

    public void EndProcessRun(CrashKind crash) => _sawPowerLoss |= crash == CrashKind.PowerLoss;

    private static void ThrowIfUncleanable(Broker broker)
    {
        if (broker.UncleanablePartitions.Count > 0)
        {
            throw new SimulationFailure($"compaction of a partition has failed and is not retried: {broker.UncleanablePartitions.First()}");
        }
    }

    /// <summary>
    /// Reads and checks all partitions. Returns false if one cannot be read, which is
    /// allowed only if the disk failed in this process run.
    /// </summary>
    private bool TryVerify(ProcessRun run, string phase, bool isRestart)
    {
        foreach (CompactedPartition partition in _model.Partitions)
        {
            ErrorResult listed = run.Broker.ListOffsets(ProcessRun.Name(partition.Number), out long start, out long end);
            if (!listed.IsSuccess)
            {
                return run.Owner.HadFaults ? false : throw partition.Anomaly($"it is not available after a restart: {listed.Message}");
            }

            if (start < partition.StartAtLeast)
            {
                throw partition.Anomaly($"deleted records reappeared: the log starts at {start}, but records below {partition.StartAtLeast} were deleted");
            }

            if (isRestart)
            {
                partition.TruncateTo(end, _model.DurableEnds[partition.Number], mayLoseSegments: _sawPowerLoss && _losesAnyName);
                CheckCheckpoint(run, partition, end);
            }

            var random = new SimRandom((ulong)((end * 31) + start));
            for (int i = 0; i < Readers && start <= end; i++)
            {
                long from = i == 0 ? start : random.Next(start, end + 1);
                new CompactedReader(run, _model, partition.Number, from).ReadToEnd(i == 0 ? 1 << 20 : 1 + random.Next(600), $"{phase} a reader");
            }
        }

        _sawPowerLoss = false;
        return true;
    }

    /// <summary>
    /// Checks that the cleaner checkpoint is not above the end of the log.
    /// </summary>
    private static void CheckCheckpoint(ProcessRun run, CompactedPartition partition, long end)
    {
        string text = Encoding.UTF8.GetString(run.World.Disk.ReadFile("cleaner-offset-checkpoint") ?? []);
        string? line = text.Split('\n').FirstOrDefault(line => line.StartsWith($"{CrashRun.Topic} {partition.Number} ", StringComparison.Ordinal));
        if (line is not null && long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture) is long cleaned && cleaned > end)
        {
            throw partition.Anomaly($"its cleaner checkpoint is {cleaned}, but its log ends at {end}");
        }

        run.World.Probe(line is null ? "not cleaned yet" : "cleaned before the restart");
    }
}
