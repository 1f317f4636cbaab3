using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Runs the scenario 'log': compares the surviving records with the model, then runs the
/// actors of the plan.
/// </summary>
internal sealed class LogScenarioRun(CrashPlan plan) : IScenarioRun
{
    internal LogModel Model { get; } = new(plan.Partitions, plan.LargeSegmentBytes > 0 ? LargeSegment.Records : 0);

    public bool IsDamaged => Array.Exists(Model.Partitions, static partition => partition.IsDamaged);

    public BrokerSettings Configure(BrokerSettings settings) => plan.RetentionCheckMs == 0 ? settings : settings with
    {
        LogRetentionMs = -1, // The clock may step by more than a week; only DeleteRecords moves the log start.
        LogRetentionCheckIntervalMs = plan.RetentionCheckMs,
        LogSegmentDeleteDelayMs = plan.RetentionCheckMs,
    };

    public ErrorResult CreateTopics(Broker broker)
    {
        ErrorResult found = broker.DescribeTopic(CrashRun.Topic, autoCreate: false, out _);
        Dictionary<string, string> configs = plan.FlushMessages == 0 ? [] : new() { [TopicConfigs.FlushMessages] = plan.FlushMessages.ToString(CultureInfo.InvariantCulture) };
        return found.IsSuccess ? found : broker.CreateTopic(new NewTopic(CrashRun.Topic, plan.Partitions) { Configs = configs });
    }

    public void Execute(ProcessRun run, ProcessRunPlan runPlan)
    {
        var verifier = new LogVerifier(run);
        bool isWhole = true;
        foreach (PartitionModel partition in Model.Partitions)
        {
            isWhole &= verifier.Verify(partition);
        }

        run.RunActors(actor => new LogWorker(run, Model, actor).Run);
        if (runPlan.Actors.Count == 0 && isWhole)
        {
            ProveLiveness(run, verifier);
        }
    }

    public void Settle(World world, Broker broker)
    {
    }

    public void EndProcessRun(CrashKind crash) => Model.EndProcessRun(crash);

    /// <summary>
    /// Checks that, without faults, every partition accepts an append, makes it durable
    /// and returns it to a reader.
    /// </summary>
    private void ProveLiveness(ProcessRun run, LogVerifier verifier)
    {
        foreach (PartitionModel partition in Model.Partitions)
        {
            if (partition.IsDamaged)
            {
                continue;
            }

            var worker = new LogWorker(run, Model, new ActorPlan("liveness", [new CrashOp { Kind = CrashOpKind.Append, Partition = partition.Number, Acks = -1, Count = 1, Bytes = 10 }]));
            worker.Run();
            if (!worker.AllAcknowledged)
            {
                throw partition.Anomaly($"no liveness: an append to a disk without faults was rejected: {worker.LastError}");
            }

            verifier.Verify(partition);
        }
    }
}
