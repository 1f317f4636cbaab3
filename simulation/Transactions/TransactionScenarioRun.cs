using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Runs the scenario 'transactions': checks the surviving state, then runs producers and
/// readers, including those of earlier process runs.
/// </summary>
internal sealed class TransactionScenarioRun(CrashPlan plan) : IScenarioRun
{
    private const int RetentionCheckMs = 20;
    private readonly TransactionModel _model = new(plan);
    private readonly Settling _settling = new(plan.Partitions);
    private CoordinatorMemory? _memory;
    private ProcessRun? _run;
    private CrashKind _crash;

    // False before and after the actors run, when the state in memory is not loaded or
    // already recorded.
    private bool _isRunning;

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

        if (broker.ListOffsets(ProcessRun.Name(0), out _, out long end).IsSuccess)
        {
            _model.RecoverTo(end);
        }

        ErrorResult found = broker.DescribeTopic(CrashRun.Topic, autoCreate: false, out _);
        Dictionary<string, string> configs = plan.RetentionBytes == 0 ? [] : new() { [TopicConfigs.RetentionBytes] = plan.RetentionBytes.ToString(CultureInfo.InvariantCulture) };
        return found.IsSuccess ? found : broker.CreateTopic(new NewTopic(CrashRun.Topic, plan.Partitions) { Configs = configs });
    }

    public void Execute(ProcessRun run, ProcessRunPlan runPlan)
    {
        _run = run;
        _isRunning = true;
        run.Owner.Heal();
        var verifier = new TransactionVerifier(run, _model);
        if (!_settling.Wait(run.World, run.Broker, run.Owner.HadFaults) || !verifier.Verify())
        {
            run.World.Probe("incomplete after a startup with disk faults");
            return; // The next startup must find it complete.
        }

        if (_crash != CrashKind.PowerLoss)
        {
            _memory?.Check(run.Broker, _model);
        }

        _crash = CrashKind.None;
        run.RunActors(actor => TransactionPlanner.IsProducer(actor)
            ? new TransactionWorker(run, _model, _model.Client(actor.Name), actor).Run
            : new TransactionReader(run, _model, actor).Run);
        if (runPlan.Actors.Count == 0)
        {
            ProveLiveness(run, verifier);
        }

        Remember(run); // A closed broker answers no requests.
        _isRunning = false;
    }

    public void Settle(World world, Broker broker) => _ = _settling.Wait(world, broker);

    public void EndProcessRun(CrashKind crash)
    {
        _crash = _crash > crash ? _crash : crash;
        if (_run?.Owner.HadFaults == true)
        {
            _memory = null; // After a failed write, the state may be in memory but not in the log, or the reverse.
        }
        else if (_isRunning)
        {
            Remember(_run!);
        }

        _isRunning = false;
        _model.EndProcessRun(crash, _run?.Owner.HadFaults == true);
    }

    private void Remember(ProcessRun run) => _memory = new CoordinatorMemory(run.Broker, _model, run.World.NowMs);

    /// <summary>
    /// Checks that no transaction stays open forever (T5), and that every producer can
    /// continue.
    /// </summary>
    private void ProveLiveness(ProcessRun run, TransactionVerifier verifier)
    {
        World world = run.World;
        _settling.WaitForEnds(world, run.Broker, _model.Clients.Select(static client => client.TimeoutMs).Append(0).Max());
        foreach (ProducerClient client in _model.Clients.ToArray())
        {
            CrashOp[] produce = [.. Enumerable.Range(0, plan.Partitions).Select(static partition => new CrashOp { Kind = CrashOpKind.Produce, Partition = partition, Share = 1 })];
            CrashOp[] ops = [new CrashOp { Kind = CrashOpKind.Init, Share = 1 }, .. produce, new CrashOp { Kind = CrashOpKind.SendOffsets }, new CrashOp { Kind = CrashOpKind.Commit, Share = 1 }];
            new TransactionWorker(run, _model, client, new ActorPlan(client.Name, ops)).Run();
        }

        _ = verifier.Verify();
    }
}
