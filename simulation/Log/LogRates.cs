namespace Zurau.Simulation;

/// <summary>The frequencies of the kinds of operations in one run.</summary>
internal sealed class LogRates
{
    private readonly double _allShare;
    private readonly double _noneShare;
    private readonly double _deleteShare;
    private readonly double _lookupShare;
    private readonly double _sleepShare;
    private readonly int _largest;
    private readonly CrashOpKind[] _troubles;

    internal LogRates(SimRandom random)
    {
        _allShare = random.NextDouble();
        _noneShare = random.NextBool(0.2) ? 0.3 : 0;
        _deleteShare = random.NextBool(0.3) ? 0.15 : 0;
        _lookupShare = random.NextBool(0.3) ? 0.15 : 0;
        _sleepShare = random.NextDouble() * 0.3;
        _largest = random.Next(32) == 0 ? 20_000 : random.Next(4) switch { 0 => 20, 1 => 1500, _ => 200 };
        CrashOpKind[] all = [CrashOpKind.Quota, CrashOpKind.FailFlush, CrashOpKind.FailCalls, CrashOpKind.SlowFlush, CrashOpKind.ThrowInDuties, CrashOpKind.ClockStep, CrashOpKind.BreakSector, CrashOpKind.FlipBit];
        _troubles = [.. all.Where(_ => random.NextBool())];
        _troubles = _troubles.Length == 0 ? all : _troubles;
    }

    internal CrashOp DrawWork(SimRandom random, int partitions)
    {
        int partition = random.Next(partitions);
        double kind = random.NextDouble();
        if (kind < _sleepShare)
        {
            return new CrashOp { Kind = CrashOpKind.Sleep, Ms = random.Next(0, 100) };
        }

        kind -= _sleepShare;
        if (kind < _deleteShare)
        {
            return new CrashOp { Kind = CrashOpKind.DeleteRecords, Partition = partition, Share = random.NextBool(0.2) ? 1 : random.NextDouble() };
        }

        kind -= _deleteShare;
        if (kind < _lookupShare)
        {
            return new CrashOp { Kind = CrashOpKind.Lookup, Partition = partition, Share = random.NextDouble() };
        }

        double acks = random.NextDouble();
        return new CrashOp
        {
            Kind = CrashOpKind.Append,
            Partition = partition,
            Acks = acks < _allShare ? -1 : acks > 1 - _noneShare ? 0 : 1,
            Count = 1 + random.Next(4),
            Bytes = random.Next(1 + random.Next(_largest)),
            Ms = random.NextBool(0.2) ? random.Next(-100_000, 100_000) : random.Next(-5, 5),
        };
    }

    internal CrashOp DrawRead(SimRandom random, int partitions) => new()
    {
        Kind = random.NextBool(0.8) ? CrashOpKind.Read : CrashOpKind.Seek,
        Partition = random.Next(partitions),
        Bytes = 1 + random.Next(5000),
        Ms = random.NextBool() ? 0 : random.Next(1, 200),
        Share = random.NextDouble(),
    };

    internal static CrashOp Nap(SimRandom random) => new() { Kind = CrashOpKind.Sleep, Ms = random.Next(0, 60) };

    internal CrashOp DrawKernel(SimRandom random) => random.NextBool() ? Nap(random) : new CrashOp { Kind = CrashOpKind.Writeback, Count = 1 + random.Next(20) };

    internal IEnumerable<CrashOp> DrawTrouble(SimRandom random, int partitions)
    {
        yield return Nap(random);
        CrashOpKind kind = _troubles[random.Next(_troubles.Length)];
        // A damaged partition is checked less strictly.
        kind = kind == CrashOpKind.FlipBit && random.NextBool(0.7) ? CrashOpKind.BreakSector : kind;
        yield return new CrashOp
        {
            Kind = kind,
            Partition = random.Next(partitions),
            Count = kind == CrashOpKind.FailCalls ? FaultRates.Calls(random) : 1 + random.Next(6),
            Ms = kind == CrashOpKind.ClockStep ? random.Next(-3_600_000, 300_000_000) : random.Next(1, 100),
            Share = random.NextDouble() * random.NextDouble(),
            Errno = FaultRates.Error(random),
        };
        yield return Nap(random);
        if (random.NextBool(0.7))
        {
            yield return new CrashOp { Kind = CrashOpKind.Heal };
        }
    }
}
