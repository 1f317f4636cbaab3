using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>The story of the scenario 'transactions': what survived is judged, then producers and readers go on, those of earlier lives too.</summary>
internal sealed class TransactionStory(CrashPlan plan) : IStory
{
    private const int RetentionCheckMs = 20;
    private readonly TransactionModel _model = new(plan);
    private readonly Settling _settling = new(plan.Partitions);
    private CoordinatorMemory? _memory;
    private Life? _life;
    private CrashKind _crash;
    private bool _isPlaying; // False before and after: what is in memory is remembered, or not loaded yet.

    public bool IsDamaged => false;

    public BrokerSettings Configure(BrokerSettings settings) => settings with
    {
        LogRetentionMs = -1,
        LogRetentionCheckIntervalMs = plan.RetentionBytes > 0 ? RetentionCheckMs : settings.LogRetentionCheckIntervalMs,
        LogSegmentDeleteDelayMs = RetentionCheckMs,
    };

    public ErrorResult CreateTopics(Broker broker)
    {
        if (plan.RetentionBytes > 0)
        {
            Array.ForEach(_model.Log.Partitions, static partition => partition.StartAtMost = long.MaxValue);
        }

        if (broker.ListOffsets(Life.Name(0), out _, out long end).IsSuccess)
        {
            _model.RecoverTo(end);
        }

        ErrorResult found = broker.DescribeTopic(CrashRun.Topic, autoCreate: false, out _);
        Dictionary<string, string> configs = plan.RetentionBytes == 0 ? [] : new() { ["retention.bytes"] = plan.RetentionBytes.ToString(CultureInfo.InvariantCulture) };
        return found.IsSuccess ? found : broker.CreateTopic(new NewTopic(CrashRun.Topic, plan.Partitions) { Configs = configs });
    }

    public void Play(Life life, LifePlan lifePlan)
    {
        _life = life;
        _isPlaying = true;
        life.Owner.Heal();
        var verifier = new TransactionVerifier(life, _model);
        if (!_settling.Wait(life.World, life.Broker, life.Owner.HadFaults) || !verifier.Verify())
        {
            life.World.Probe("not whole after a start on a bad disk");
            return; // The next start is to find it whole.
        }

        if (_crash != CrashKind.PowerLoss)
        {
            _memory?.Check(life.Broker, _model);
        }

        _crash = CrashKind.None;
        life.PlayActors(actor => actor.Name.StartsWith("client", StringComparison.Ordinal) || actor.Name.StartsWith("idempotent", StringComparison.Ordinal)
            ? new TransactionWorker(life, _model, _model.Client(actor.Name), actor).Run
            : new TransactionReader(life, _model, actor).Run);
        if (lifePlan.Actors.Count == 0)
        {
            ProveLiveness(life, verifier);
        }

        Remember(life); // A closed broker has no answers any more.
        _isPlaying = false;
    }

    public void Settle(World world, Broker broker) => _ = _settling.Wait(world, broker);

    public void EndLife(CrashKind crash)
    {
        _crash = _crash > crash ? _crash : crash;
        if (_life?.Owner.HadFaults == true)
        {
            _memory = null; // What could not be written may be in memory and not in the log, or the reverse.
        }
        else if (_isPlaying)
        {
            Remember(_life!);
        }

        _isPlaying = false;
        _model.EndLife(crash, _life?.Owner.HadFaults == true);
    }

    private void Remember(Life life) => _memory = new CoordinatorMemory(life.Broker, _model, life.World.NowMs);

    /// <summary>No transaction stays open for ever (T5), and every producer can go on.</summary>
    private void ProveLiveness(Life life, TransactionVerifier verifier)
    {
        World world = life.World;
        _settling.WaitForEnds(world, life.Broker, _model.Clients.Select(static client => client.TimeoutMs).Append(0).Max());
        foreach (ProducerClient client in _model.Clients.ToArray())
        {
            CrashOp[] produce = [.. Enumerable.Range(0, plan.Partitions).Select(static partition => new CrashOp { Kind = CrashOpKind.Produce, Partition = partition, Share = 1 })];
            CrashOp[] ops = [new CrashOp { Kind = CrashOpKind.Init, Share = 1 }, .. produce, new CrashOp { Kind = CrashOpKind.SendOffsets }, new CrashOp { Kind = CrashOpKind.Commit, Share = 1 }];
            new TransactionWorker(life, _model, client, new ActorPlan(client.Name, ops)).Run();
        }

        _ = verifier.Verify();
    }
}
