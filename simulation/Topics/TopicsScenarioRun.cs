using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Runs the scenario 'topics': checks the surviving state, then creates and deletes
/// topics while producers and consumers use them.
/// </summary>
internal sealed class TopicsScenarioRun(CrashPlan plan) : IScenarioRun
{
    private const int CheckMs = 20;
    private readonly TopicsModel _model = new(plan.Partitions / TopicsPlanner.MostPartitions);

    internal static IReadOnlyList<string> Groups { get; } = ["group-0", "group-1"];

    public bool IsDamaged => false;

    /// <summary>Returns the group of a consumer, by the name of its actor.</summary>
    internal static string GroupOf(string actor) => Groups[(actor[^1] - '0') % Groups.Count];

    public BrokerSettings Configure(BrokerSettings settings) => settings with
    {
        LogRetentionMs = -1,
        LogRollMs = long.MaxValue,
        LogRetentionCheckIntervalMs = CheckMs,
        LogSegmentDeleteDelayMs = CheckMs,
    };

    public ErrorResult CreateTopics(Broker broker)
    {
        foreach (TopicSlot slot in _model.Slots)
        {
            _ = broker.DescribeTopic(slot.Name, autoCreate: false, out TopicDescription? found);
            slot.Find(found);
        }

        return ErrorResult.None;
    }

    public void Execute(ProcessRun run, ProcessRunPlan runPlan)
    {
        run.Owner.Heal();
        var verifier = new TopicsVerifier(run, _model);
        if (!verifier.Verify(isRestart: true))
        {
            run.World.Probe("incomplete after a startup with disk faults");
            return; // The next startup must find it complete.
        }

        foreach (TopicSlot slot in _model.Slots)
        {
            run.WatchTopic(slot.Name, slot.Current?.Partitions.Length ?? 0);
        }

        run.RunActors(actor => actor.Name.Split('-')[0] switch
        {
            "plain" or "idempotent" => new TopicsWorker(run, _model, actor).Run,
            "consumer" => new TopicsConsumer(run, _model, actor).Run,
            _ => new TopicsOperator(run, _model, actor).Run,
        });
        if (runPlan.Actors.Count == 0)
        {
            ProveLiveness(run, verifier);
        }
    }

    public void Settle(World world, Broker broker)
    {
    }

    public void EndProcessRun(CrashKind crash) => _model.EndProcessRun(crash);

    /// <summary>
    /// Checks that, without faults, every name can have a topic that accepts records,
    /// returns them and keeps committed offsets.
    /// </summary>
    private void ProveLiveness(ProcessRun run, TopicsVerifier verifier)
    {
        for (int i = 0; i < _model.Slots.Length; i++)
        {
            var at = new CrashOp { Partition = i, Share = 0.3 };
            var operations = new TopicsOperator(run, _model, new ActorPlan("operator", []));
            operations.Do(at with { Kind = i % 2 == 0 ? CrashOpKind.RecreateTopic : CrashOpKind.CreateTopic });
            new TopicsWorker(run, _model, new ActorPlan("plain-9", [at with { Kind = CrashOpKind.Append, Acks = -1, Count = 2, Bytes = 10 }])).Run();
            CrashOp read = at with { Kind = CrashOpKind.Read, Bytes = 5000 };
            new TopicsConsumer(run, _model, new ActorPlan("consumer-0", [read, read, at with { Kind = CrashOpKind.CommitOffset }, at with { Kind = CrashOpKind.Resume }, read])).Run();
        }

        foreach (ProducerClient client in _model.Clients.ToArray())
        {
            new TopicsWorker(run, _model, new ActorPlan(client.Name, [new CrashOp { Kind = CrashOpKind.Append, Count = 1, Bytes = 10, Share = 0.9 }])).Run();
        }

        _ = verifier.Verify(isRestart: false);
    }
}
