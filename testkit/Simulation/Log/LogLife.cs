using System.Globalization;
using System.Text;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>One life of the scenario: opens the broker, reads what survived, lets the plan's actors work, closes.</summary>
internal sealed class LogLife(LogRun run, SimProcess process, int number, LifePlan plan, BrokerSettings settings)
{
    private readonly List<Actor> _actors = [];
    private readonly long[] _ends = new long[run.Model.Partitions.Length];
    private readonly long[] _starts = new long[run.Model.Partitions.Length];
    private PartitionLog?[] _logs = [];
    private Broker? _broker;

    internal LogRun Owner => run;

    internal World World => process.World;

    internal int Number => number;

    internal Broker Broker => _broker!;

    internal bool HasOpened { get; private set; }

    internal string? OpenFailure { get; private set; }

    internal bool IsClosed { get; private set; }

    /// <summary>True from when the directory may look cleanly closed.</summary>
    internal bool MayHaveMarker { get; private set; } = true;

    internal static TopicPartition Name(int partition) => new(LogRun.Topic, partition);

    /// <summary>The body of the process's main actor.</summary>
    internal void Run()
    {
        if (!TryOpen())
        {
            return;
        }

        World.Monitor = Look;
        var verifier = new LogVerifier(this);
        bool isWhole = true;
        foreach (PartitionModel partition in run.Model.Partitions)
        {
            isWhole &= verifier.Verify(partition);
        }

        foreach (ActorPlan actor in plan.Actors)
        {
            var worker = new LogWorker(this, actor);
            _actors.Add(process.Spawn(actor.Name, worker.Run));
        }

        World.Block(() => _actors.TrueForAll(static actor => actor.IsEnded), "the plan's actors");
        if (plan.Actors.Count == 0 && isWhole)
        {
            ProveLiveness(verifier);
        }

        World.Monitor = null;
        MayHaveMarker = true;
        Close();
    }

    /// <summary>
    /// The path of a full segment below the recovery point that is written down; null where there is none. Above it nobody can tell damage
    /// from what a crash left.
    /// </summary>
    internal string? ClosedSegment(int partition, double share)
    {
        string checkpoint = Encoding.UTF8.GetString(World.Disk.ReadFile("recovery-point-offset-checkpoint") ?? []);
        string? line = checkpoint.Split('\n').FirstOrDefault(line => line.StartsWith($"{LogRun.Topic} {partition} ", StringComparison.Ordinal));
        long recoveryPoint = line is null ? 0 : long.Parse(line.Split(' ')[2], CultureInfo.InvariantCulture);
        LogSegment[] full = [.. (_logs[partition]?.Segments ?? []).Where(segment => segment.Next is { } next && next.BaseOffset < recoveryPoint)];
        return full.Length == 0 ? null : full[(int)(share * full.Length)].Path;
    }

    /// <summary>All that was published is on disk.</summary>
    internal void NoteCleanEnd()
    {
        foreach (PartitionModel partition in run.Model.Partitions)
        {
            partition.CloseClean(partition.PublishedEnd);
        }
    }

    private void Close()
    {
        try
        {
            ValueTask closing = Broker.DisposeAsync();
            World.Block(() => closing.IsCompleted, "closing");
            closing.GetAwaiter().GetResult();
            IsClosed = true;
            if (run.HadFaults && World.Disk.ReadFile(".kafka_cleanshutdown") is null)
            {
                World.Probe("closing fails on a bad disk");
            }
        }
        catch (StorageException) when (run.HadFaults)
        {
            World.Probe("closing fails on a bad disk");
        }
    }

    private bool TryOpen()
    {
        try
        {
            MayHaveMarker = World.Disk.ReadFile(".kafka_cleanshutdown") is not null;
            _broker = Broker.Open(settings);
            MayHaveMarker = false;
            ErrorResult created = _broker.DescribeTopic(LogRun.Topic, autoCreate: false, out _);
            if (!created.IsSuccess)
            {
                created = _broker.CreateTopic(new NewTopic(LogRun.Topic, run.Model.Partitions.Length) { Configs = run.TopicConfigs() });
            }

            OpenFailure = created.IsSuccess ? null : created.Message;
            _logs = [.. run.Model.Partitions.Select(partition => _broker.FindLog(Name(partition.Number)))];
            HasOpened = created.IsSuccess;
            if (!HasOpened)
            {
                Close();
            }
        }
        catch (StorageException exception) when (run.HadFaults)
        {
            OpenFailure = exception.Message;
        }

        return HasOpened;
    }

    /// <summary>With no fault left, every partition takes an append, makes it durable and gives it back.</summary>
    private void ProveLiveness(LogVerifier verifier)
    {
        foreach (PartitionModel partition in run.Model.Partitions)
        {
            if (partition.IsDamaged)
            {
                continue;
            }

            var worker = new LogWorker(this, new ActorPlan("liveness", [new LogOp { Kind = LogOpKind.Append, Partition = partition.Number, Acks = -1, Count = 1, Bytes = 10 }]));
            worker.Run();
            if (!worker.AllAcknowledged)
            {
                throw partition.Anomaly($"no liveness: an append to a healthy disk was refused: {worker.LastError}");
            }

            verifier.Verify(partition);
        }
    }

    /// <summary>What must hold at every instant.</summary>
    private void Look()
    {
        for (int i = 0; i < _logs.Length; i++)
        {
            if (_logs[i] is not { } log)
            {
                continue;
            }

            long start = log.LogStartOffset;
            long stable = log.LastStableOffset;
            long durable = log.Flusher.DurableEnd;
            long recovery = log.RecoveryPoint;
            long end = log.ReadEnd().Offset;
            if (start > stable || stable > end || durable > end || recovery > durable || end < _ends[i] || start < _starts[i])
            {
                throw new SimulationFailure(
                    $"partition {i}: log start {start} (was {_starts[i]}) <= last stable offset {stable} <= end {end} (was {_ends[i]}), recovery point {recovery} <= durable end {durable} <= end does not hold");
            }

            _ends[i] = end;
            _starts[i] = start;
        }
    }
}
