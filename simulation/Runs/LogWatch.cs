using Zurau.Engine.Log;

namespace Zurau.Simulation;

/// <summary>Checks the invariants of the open logs between steps.</summary>
internal sealed class LogWatch
{
    private readonly List<Watched> _logs = [];

    internal LogWatch(IEnumerable<PartitionLog> logs)
    {
        foreach (PartitionLog log in logs)
        {
            Add(log);
        }
    }

    /// <summary>Adds a log, which is checked until the process ends.</summary>
    internal void Add(PartitionLog log) => _logs.Add(new Watched(log));

    internal void Check()
    {
        foreach (Watched watched in _logs)
        {
            watched.Check();
        }
    }

    private sealed class Watched(PartitionLog log)
    {
        private long _end;
        private long _start;
        private long _stable;

        internal void Check()
        {
            long start = log.LogStartOffset;
            long stable = log.LastStableOffset;
            long durable = log.Flusher.DurableEnd;
            long recovery = log.RecoveryPoint;
            long end = log.ReadEnd().Offset;
            if (start > stable || stable > end || durable > end || recovery > durable || end < _end || start < _start || stable < _stable)
            {
                throw new SimulationFailure(
                    $"{log.Partition}: log start {start} (was {_start}) <= last stable offset {stable} (was {_stable}) <= end {end} (was {_end}), recovery point {recovery} <= durable end {durable} <= end does not hold");
            }

            (_end, _start, _stable) = (end, start, stable);
        }
    }
}
