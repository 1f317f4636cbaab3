namespace Zurau.Simulation;

/// <summary>
/// The frequencies of the kinds of operations in one run of the scenario 'transactions'.
/// </summary>
internal sealed class TransactionRates
{
    private static readonly CrashOpKind[] s_rare = [CrashOpKind.Init, CrashOpKind.Retry, CrashOpKind.SendOffsets, CrashOpKind.EndAgain, CrashOpKind.ProduceLate, CrashOpKind.Sleep];
    private readonly int _partitions;
    private readonly double _endShare;
    private readonly double _rareShare;
    private readonly double _commitShare;
    private readonly CrashOpKind[] _rare;
    private readonly long _longestMs;
    private readonly int _largest;
    private readonly bool _deletes;
    private readonly bool _stepsClock;

    internal TransactionRates(SimRandom random, int partitions)
    {
        _partitions = partitions;
        _endShare = 0.1 + (0.4 * random.NextDouble());
        _rareShare = random.NextDouble() * 0.5;
        _commitShare = random.NextDouble();
        _rare = [.. s_rare.Where(_ => random.NextBool(0.7))];
        _longestMs = random.NextBool(0.3) ? 40_000 : 50;
        _largest = random.Next(8) == 0 ? 3000 : 100;
        _deletes = random.NextBool(0.3);
        _stepsClock = random.NextBool(0.2);
    }

    internal CrashOp DrawWork(SimRandom random)
    {
        double kind = random.NextDouble();
        if (kind < _endShare)
        {
            return new CrashOp { Kind = random.NextBool(_commitShare) ? CrashOpKind.Commit : CrashOpKind.Abort, Share = random.NextDouble() };
        }

        if (kind < _endShare + _rareShare && _rare.Length > 0)
        {
            CrashOpKind rare = _rare[random.Next(_rare.Length)];
            return new CrashOp
            {
                Kind = rare,
                Partition = random.Next(_partitions),
                Share = random.NextDouble(),
                Ms = rare == CrashOpKind.Sleep ? random.Next(0, _longestMs) : rare == CrashOpKind.Init ? TransactionPlanner.Timeout(random) : 0,
            };
        }

        return new CrashOp
        {
            Kind = CrashOpKind.Produce,
            Partition = random.Next(_partitions),
            Count = 1 + random.Next(4),
            Bytes = random.Next(1 + random.Next(_largest)),
            Share = random.NextDouble(),
        };
    }

    internal CrashOp DrawRead(SimRandom random)
    {
        bool deletes = _deletes && random.NextBool(0.15);
        return new CrashOp
        {
            Kind = deletes ? CrashOpKind.DeleteRecords : random.NextBool(0.7) ? CrashOpKind.ReadCommitted : random.NextBool() ? CrashOpKind.Read : CrashOpKind.Seek,
            Partition = random.Next(_partitions),
            Bytes = 1 + random.Next(5000),
            Ms = random.NextBool() ? 0 : random.Next(1, 200),
            Share = random.NextDouble(),
        };
    }

    internal CrashOp DrawKernel(SimRandom random) => _stepsClock && random.NextBool()
        ? new CrashOp { Kind = CrashOpKind.ClockStep, Ms = random.Next(-3_600_000, 300_000_000) }
        : random.NextBool() ? LogRates.Nap(random) : new CrashOp { Kind = CrashOpKind.Writeback, Count = 1 + random.Next(20) };
}
