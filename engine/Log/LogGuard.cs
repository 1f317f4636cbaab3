using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>
/// Runs a duty's work for one log after another. A log whose work fails or throws does not
/// delay the others: the failure is reported and the work is retried with an increasing
/// back-off. Belongs to one duty.
/// </summary>
/// <param name="health">Receives failures.</param>
/// <param name="component">The name of the work in reports.</param>
internal sealed class LogGuard(HealthLog health, string component)
{
    private readonly Dictionary<LogContext, RetryBackoff> _failing = [];

    /// <summary>
    /// Runs the work unless the log is in its back-off; true if it succeeded. The work may
    /// return a failure or throw.
    /// </summary>
    internal bool Run<TState>(LogContext log, long nowMs, TState state, Func<TState, IoResult> work)
    {
        if (_failing.TryGetValue(log, out RetryBackoff? backoff) && nowMs < backoff.RetryAtMs)
        {
            return false;
        }

        try
        {
            IoResult result = work(state);
            if (!result.IsOk)
            {
                Failed(log, nowMs, $"{result}.", null);
                return false;
            }
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            // Whatever was thrown, the other logs are served.
            Failed(log, nowMs, exception);
            return false;
        }

        Worked(log);
        return true;
    }

    /// <summary>
    /// Returns when <see cref="Run"/> runs work for a log again; a time in the past if it has
    /// no back-off.
    /// </summary>
    internal long RetryAtMs(LogContext log) => _failing.TryGetValue(log, out RetryBackoff? backoff) ? backoff.RetryAtMs : long.MinValue;

    /// <summary>Notes that the work for a log succeeded outside of <see cref="Run"/>.</summary>
    internal void Worked(LogContext log)
    {
        if (_failing.Count > 0 && _failing.Remove(log))
        {
            health.Clear(component, log.Partition);
        }
    }

    /// <summary>Notes that the work for a log threw outside of <see cref="Run"/>.</summary>
    internal void Failed(LogContext log, long nowMs, Exception exception) =>
        Failed(log, nowMs, $"{exception.GetType().Name}: {exception.Message}", exception);

    private void Failed(LogContext log, long nowMs, string reason, Exception? exception)
    {
        if (!_failing.TryGetValue(log, out RetryBackoff? backoff))
        {
            ForgetClosed();
            _failing[log] = backoff = new RetryBackoff();
        }

        backoff.Failed(nowMs);
        health.Report(component, reason, log.Partition, exception);
        if (log.Lifecycle.State != LogState.Open)
        {
            // Closed or deleted meanwhile, perhaps before the report.
            _failing.Remove(log);
            health.Clear(component, log.Partition);
        }
    }

    private void ForgetClosed()
    {
        foreach (LogContext log in _failing.Keys.Where(static log => log.Lifecycle.State != LogState.Open).ToArray())
        {
            _failing.Remove(log);
        }
    }
}
