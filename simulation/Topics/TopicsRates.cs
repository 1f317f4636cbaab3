namespace Zurau.Simulation;

/// <summary>
/// The frequencies of the kinds of operations in one run of the scenario 'topics'.
/// </summary>
internal sealed class TopicsRates
{
    private const int Partitions = 4;

    private readonly CrashOpKind[] _operations;
    private readonly long _longestMs;
    private readonly int _largest;
    private readonly double _manyShare;
    private readonly double _sleepShare;
    private readonly double _farShare;
    private readonly bool _stepsClock;

    internal TopicsRates(SimRandom random)
    {
        CrashOpKind[] all = [CrashOpKind.CreateTopic, CrashOpKind.DeleteTopic, CrashOpKind.RecreateTopic, CrashOpKind.AlterTopic, CrashOpKind.DeleteRecords];
        _operations = [.. all.Where(_ => random.NextBool(0.7))];
        _operations = _operations.Length == 0 ? all : _operations;
        _longestMs = random.NextBool(0.3) ? 1000 : 40;
        _largest = random.Next(8) == 0 ? 3000 : 200;
        _manyShare = random.NextDouble() * 0.4;
        _sleepShare = 0.1 + (random.NextDouble() * 0.3);
        _farShare = random.NextBool(0.3) ? 0.3 : 0;
        _stepsClock = random.NextBool(0.2);
    }

    internal CrashOp DrawOperation(SimRandom random, int slot) => random.NextBool(0.4)
        ? Nap(random)
        : new CrashOp { Kind = _operations[random.Next(_operations.Length)], Partition = slot + (random.NextBool() ? 0 : Partitions / TopicsPlanner.MostPartitions), Share = random.NextDouble() };

    internal CrashOp DrawWork(SimRandom random)
    {
        double kind = random.NextDouble();
        if (kind < _sleepShare)
        {
            return Nap(random);
        }

        bool isMany = random.NextBool(_manyShare);
        double acks = random.NextDouble();
        return new CrashOp
        {
            Kind = isMany ? CrashOpKind.AppendMany : random.NextBool(0.1) ? CrashOpKind.Retry : CrashOpKind.Append,
            Partition = random.Next(Partitions),
            Acks = acks < 0.5 ? -1 : acks < 0.9 ? 1 : 0,
            Count = 1 + random.Next(isMany ? 5 : 4),
            Bytes = random.Next(1 + random.Next(_largest)),
            Ms = random.NextBool(_farShare) ? random.Next(-100_000, 100_000) : random.Next(-5, 5),
            Share = random.NextDouble(),
        };
    }

    internal CrashOp DrawRead(SimRandom random) => new()
    {
        Kind = random.Next(10) switch { < 5 => CrashOpKind.Read, < 8 => CrashOpKind.CommitOffset, 8 => CrashOpKind.Resume, _ => CrashOpKind.Sleep },
        Partition = random.Next(Partitions),
        Bytes = 1 + random.Next(5000),
        Ms = random.NextBool() ? 0 : random.Next(1, 100),
    };

    internal CrashOp DrawKernel(SimRandom random) => _stepsClock && random.NextBool()
        ? new CrashOp { Kind = CrashOpKind.ClockStep, Ms = random.NextBool() ? random.Next(-3_600_000, 300_000_000) : random.Next(-2000, 20_000) }
        : random.NextBool() ? Nap(random) : new CrashOp { Kind = CrashOpKind.Writeback, Count = 1 + random.Next(20) };

    private CrashOp Nap(SimRandom random) => new() { Kind = CrashOpKind.Sleep, Ms = random.Next(0, _longestMs) };
}
