using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>Runs the scenario 'log': the surviving records are read and compared with the model, then the actors of the plan run.</summary>
internal sealed class LogStory(CrashPlan plan) : IStory
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

    public void Play(Life life, LifePlan lifePlan)
    {
        var verifier = new LogVerifier(life);
        bool isWhole = true;
        foreach (PartitionModel partition in Model.Partitions)
        {
            isWhole &= verifier.Verify(partition);
        }

        life.PlayActors(actor => new LogWorker(life, Model, actor).Run);
        if (lifePlan.Actors.Count == 0 && isWhole)
        {
            ProveLiveness(life, verifier);
        }
    }

    public void Settle(World world, Broker broker)
    {
    }

    public void EndLife(CrashKind crash) => Model.EndLife(crash);

    /// <summary>Checks that, without faults, every partition accepts an append, makes it durable and returns it to a reader.</summary>
    private void ProveLiveness(Life life, LogVerifier verifier)
    {
        foreach (PartitionModel partition in Model.Partitions)
        {
            if (partition.IsDamaged)
            {
                continue;
            }

            var worker = new LogWorker(life, Model, new ActorPlan("liveness", [new CrashOp { Kind = CrashOpKind.Append, Partition = partition.Number, Acks = -1, Count = 1, Bytes = 10 }]));
            worker.Run();
            if (!worker.AllAcknowledged)
            {
                throw partition.Anomaly($"no liveness: an append to a disk without faults was rejected: {worker.LastError}");
            }

            verifier.Verify(partition);
        }
    }
}
