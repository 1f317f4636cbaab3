using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Runs the scenario 'transactions': the surviving state is checked, then producers and readers continue, including those of earlier
/// process runs.
/// </summary>
internal sealed class TransactionStory(CrashPlan plan) : IStory
{
    private const int RetentionCheckMs = 20;
    private readonly TransactionModel _model = new(plan);
    private readonly Settling _settling = new(plan.Partitions);
    private CoordinatorMemory? _memory;
    private Life? _life;
    private CrashKind _crash;
    private bool _isPlaying; // False before and after the actors run, when the state in memory is not loaded or already recorded.

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
        Dictionary<string, string> configs = plan.RetentionBytes == 0 ? [] : new() { [TopicConfigs.RetentionBytes] = plan.RetentionBytes.ToString(CultureInfo.InvariantCulture) };
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
            return; // The next startup must find it complete.
        }

        if (_crash != CrashKind.PowerLoss)
        {
            _memory?.Check(life.Broker, _model);
        }

        _crash = CrashKind.None;
        life.PlayActors(actor => TransactionPlanner.IsProducer(actor)
            ? new TransactionWorker(life, _model, _model.Client(actor.Name), actor).Run
            : new TransactionReader(life, _model, actor).Run);
        if (lifePlan.Actors.Count == 0)
        {
            ProveLiveness(life, verifier);
        }

        Remember(life); // A closed broker answers no requests.
        _isPlaying = false;
    }

    public void Settle(World world, Broker broker) => _ = _settling.Wait(world, broker);

    public void EndLife(CrashKind crash)
    {
        _crash = _crash > crash ? _crash : crash;
        if (_life?.Owner.HadFaults == true)
        {
            _memory = null; // After a failed write, the state may be in memory but not in the log, or the reverse.
        }
        else if (_isPlaying)
        {
            Remember(_life!);
        }

        _isPlaying = false;
        _model.EndLife(crash, _life?.Owner.HadFaults == true);
    }

    private void Remember(Life life) => _memory = new CoordinatorMemory(life.Broker, _model, life.World.NowMs);

    /// <summary>Checks that no transaction stays open forever (T5), and that every producer can continue.</summary>
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
