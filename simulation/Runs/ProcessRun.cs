using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Simulation;

/// <summary>
/// One process run: opens the broker, runs the scenario, closes the broker.
/// </summary>
internal sealed class ProcessRun(CrashRun owner, SimProcess process, int number, ProcessRunPlan plan, BrokerSettings settings)
{
    private readonly List<Actor> _actors = [];
    private Broker? _broker;

    internal CrashRun Owner => owner;

    internal World World => process.World;

    internal int Number => number;

    internal Broker Broker => _broker!;

    /// <summary>Checks the open logs between steps.</summary>
    internal LogWatch? Watch { get; private set; }

    internal bool HasOpened { get; private set; }

    internal string? OpenFailure { get; private set; }

    internal bool IsClosed { get; private set; }

    /// <summary>True when the directory may contain a clean shutdown marker.</summary>
    internal bool MayHaveMarker { get; private set; } = true;

    internal static TopicPartition Name(int partition) => new(CrashRun.Topic, partition);

    /// <summary>Monitors the logs of a topic until the process ends.</summary>
    internal void WatchTopic(string topic, int partitions)
    {
        foreach (PartitionLog log in Enumerable.Range(0, partitions).Select(partition => Broker.FindLog(new TopicPartition(topic, partition))).OfType<PartitionLog>())
        {
            Watch!.Add(log);
        }
    }

    /// <summary>The body of the main actor of the process.</summary>
    internal void Run()
    {
        if (!TryOpen())
        {
            return;
        }

        if (plan.CrashesWhenOpen)
        {
            process.CrashIn(plan.CrashStep);
        }

        PartitionLog?[] logs = [.. Enumerable.Range(0, owner.Plan.Partitions).Select(partition => Broker.FindLog(Name(partition)))];
        Watch = new LogWatch(logs.OfType<PartitionLog>());
        World.Monitor = Watch.Check;
        owner.Scenario.Execute(this, plan);
        World.Monitor = null;
        MayHaveMarker = true;
        Close();
    }

    /// <summary>
    /// Starts the actors of the plan and waits until all of them have ended.
    /// </summary>
    internal void RunActors(Func<ActorPlan, Action> create)
    {
        foreach (ActorPlan actor in plan.Actors)
        {
            _actors.Add(process.Spawn(actor.Name, create(actor)));
        }

        World.Block(() => _actors.TrueForAll(static actor => actor.IsEnded), "the plan's actors");
    }

    private void Close()
    {
        try
        {
            ValueTask closing = Broker.DisposeAsync();
            World.Block(() => closing.IsCompleted, "closing");
            closing.GetAwaiter().GetResult();
            IsClosed = true;
            if (owner.HadFaults && World.Disk.ReadFile(".kafka_cleanshutdown") is null)
            {
                World.Probe("closing fails with disk faults");
            }
        }
        catch (StorageException) when (owner.HadFaults)
        {
            World.Probe("closing fails with disk faults");
        }
    }

    private bool TryOpen()
    {
        try
        {
            MayHaveMarker = World.Disk.ReadFile(".kafka_cleanshutdown") is not null;
            World.Faults.Opening = MayHaveMarker ? "a startup" : "a recovery";
            foreach (CrashOp fault in plan.StartFaults)
            {
                LogTrouble.Do(this, fault);
            }

            _broker = Broker.Open(settings);
            World.Faults.Opening = null;
            MayHaveMarker = false;
            if (plan.StartFaults.Count > 0)
            {
                World.Probe("opened with disk faults");
                owner.Heal();
            }

            ErrorResult created = owner.Scenario.CreateTopics(_broker);
            OpenFailure = created.IsSuccess ? null : created.Message;
            HasOpened = created.IsSuccess;
            if (!HasOpened)
            {
                Close();
            }
        }
        catch (StorageException exception) when (owner.HadFaults)
        {
            OpenFailure = exception.Message;
        }
        finally
        {
            World.Faults.Opening = null;
        }

        return HasOpened;
    }
}
