using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>Flushes logs that somebody waits for (group commit): while one flush runs, the next one's waiters gather.</summary>
/// <param name="number">Tells the flushers of a broker apart.</param>
internal sealed class FlushDuty(int number) : IDuty
{
    private readonly ConcurrentQueue<PartitionLog> _requested = new();
    private IDutyHandle? _handle;

    public string Name { get; } = $"zurau-flush-{number}";

    public long NextWorkMs => long.MaxValue;

    internal void Start(IDutyPump pump) => _handle = pump.Start(this);

    internal void Stop() => _handle?.Dispose();

    internal ValueTask<ErrorCode> WhenDurable(PartitionLog log, long endOffset)
    {
        ValueTask<ErrorCode> done = log.Flusher.WhenDurable(endOffset, out bool needsFlush);
        if (needsFlush)
        {
            _requested.Enqueue(log);
            _handle!.Wake();
        }

        return done;
    }

    public int DoWork(long nowMs)
    {
        int flushed = 0;
        while (_requested.TryDequeue(out PartitionLog? log))
        {
            log.Flusher.FlushGathered();
            flushed++;
        }

        return flushed;
    }
}
