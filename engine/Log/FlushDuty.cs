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
            Request(log);
        }

        return done;
    }

    /// <summary>Has a log flushed soon.</summary>
    internal void Request(PartitionLog log)
    {
        _requested.Enqueue(log);
        _handle!.Wake();
    }

    public int DoWork(long nowMs)
    {
        int flushed = 0;
        while (_serving is not null || _requested.TryDequeue(out _serving)) // A log whose flush is deferred comes back after the other flush, not before.
        {
            flushed += Serve(_serving, nowMs) ? 1 : 0;
            _serving = null;
        }

        return flushed;
    }

    /// <summary>Flushes a log; false if another flush of it is under way.</summary>
    private bool Serve(PartitionLog log, long nowMs)
    {
        try
        {
            bool isFlushed = log.Flusher.TryFlushGathered(this);
            if (isFlushed)
            {
                _guard.Worked(log);
            }

            return isFlushed;
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Whatever it is, nobody may wait forever for a flush that does not come.
            log.Flusher.RefuseWaiters();
            _guard.Failed(log, nowMs, exception);
            return true;
        }
    }
}
