using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Flushes logs that have waiters (group commit): while one flush runs, waiters for the next
/// one are collected.
/// </summary>
/// <param name="number">Number of this flusher in the broker.</param>
/// <param name="health">Receives failures.</param>
internal sealed class FlushDuty(int number, HealthLog health) : IDuty
{
    private readonly DutyQueue<LogFlusher> _requested = new();
    private readonly LogGuard _guard = new(health, "flusher");
    private LogFlusher? _serving; // Kept until its waiters are completed, also if that throws.

    public string Name { get; } = $"zurau-flush-{number}";

    public long NextWorkMs => long.MaxValue;

    internal void Start(IDutyPump pump) => _requested.Start(pump, this);

    internal void Stop() => _requested.Stop();

    internal ValueTask<ErrorCode> WhenDurable(LogFlusher log, long endOffset)
    {
        ValueTask<ErrorCode> done = log.WhenDurable(endOffset, out bool needsFlush);
        if (needsFlush)
        {
            Request(log);
        }

        return done;
    }

    /// <summary>Requests a flush of a log.</summary>
    internal void Request(LogFlusher log) => _requested.Add(log);

    public int DoWork(long nowMs)
    {
        int flushed = 0;
        while (_serving is not null || _requested.TryTake(out _serving)) // A log whose flush is deferred is requested again after the other flush, not before.
        {
            flushed += Serve(_serving, nowMs) ? 1 : 0;
            _serving = null;
        }

        return flushed;
    }

    /// <summary>Flushes a log; false if another flush of it is under way.</summary>
    private bool Serve(LogFlusher log, long nowMs)
    {
        try
        {
            bool isFlushed = log.TryFlushGroup(_requested);
            if (isFlushed)
            {
                _guard.Worked(log.Context);
            }

            return isFlushed;
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Whatever was thrown, no waiter may wait forever for a flush that does not happen.
            log.RefuseWaiters();
            _guard.Failed(log.Context, nowMs, exception);
            return true;
        }
    }
}
