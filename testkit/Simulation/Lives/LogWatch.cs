using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>Looks at the running logs between any two steps: what must hold at every instant.</summary>
internal sealed class LogWatch(PartitionLog?[] logs)
{
    private readonly long[] _ends = new long[logs.Length];
    private readonly long[] _starts = new long[logs.Length];
    private readonly long[] _stables = new long[logs.Length];

    internal void Look()
    {
        for (int i = 0; i < logs.Length; i++)
        {
            if (logs[i] is not { } log)
            {
                continue;
            }

            long start = log.LogStartOffset;
            long stable = log.LastStableOffset;
            long durable = log.Flusher.DurableEnd;
            long recovery = log.RecoveryPoint;
            long end = log.ReadEnd().Offset;
            if (start > stable || stable > end || durable > end || recovery > durable || end < _ends[i] || start < _starts[i] || stable < _stables[i])
            {
                throw new SimulationFailure(
                    $"partition {i}: log start {start} (was {_starts[i]}) <= last stable offset {stable} (was {_stables[i]}) <= end {end} (was {_ends[i]}), recovery point {recovery} <= durable end {durable} <= end does not hold");
            }

            _ends[i] = end;
            _starts[i] = start;
            _stables[i] = stable;
        }
    }
}
