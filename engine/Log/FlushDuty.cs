using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>Flushes logs that somebody waits for (group commit): while one flush runs, the next one's waiters gather.</summary>
/// <param name="number">Tells the flushers of a broker apart.</param>
/// <param name="health">Where failures are reported.</param>
internal sealed class FlushDuty(int number, HealthLog health) : IDuty
{
    private readonly ConcurrentQueue<PartitionLog> _requested = new();
    private readonly LogGuard _guard = new(health, "flusher");
    private PartitionLog? _serving; // Kept until its waiters are answered, also if that throws.
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
        while (_serving is not null || _requested.TryDequeue(out _serving))
        {
            Serve(_serving, nowMs);
            _serving = null;
            flushed++;
        }

        return flushed;
    }

    private void Serve(PartitionLog log, long nowMs)
    {
        try
        {
            log.Flusher.FlushGathered();
            _guard.Worked(log);
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Whatever it is, nobody may wait forever for a flush that does not come.
            log.Flusher.RefuseWaiters();
            _guard.Failed(log, nowMs, exception);
        }
    }
}
