using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Aborts timed-out transactions, flushes the markers of idle ones, retries unfinished
/// decisions, and removes expired transactional ids. Timeouts use the pump's monotonic
/// clock: a jump of the wall clock aborts nothing, and a startup restarts every
/// timeout.
/// </summary>
/// <param name="upkeep">Executes the work.</param>
/// <param name="backlog">Decided but unfinished work.</param>
/// <param name="health">Reports failures.</param>
/// <param name="timeoutCheckMs">Interval of the checks for timed-out transactions.</param>
/// <param name="expiryCheckMs">Interval of the checks for expired ids.</param>
/// <param name="time">The wall clock.</param>
internal sealed class TransactionDuty(
    TransactionUpkeep upkeep,
    TransactionBacklog backlog,
    TransactionHealth health,
    int timeoutCheckMs,
    long expiryCheckMs,
    TimeProvider time) : IDuty, IBackgroundWork
{
    private readonly ConcurrentDictionary<Transaction, bool> _busy = new(); // Transactions with work in progress: one task at a time.
    private readonly ConcurrentDictionary<Transaction, object> _failed = new(); // Last attempt failed; the value is the key of the report. The backlog has its own.
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private long _nextTimeoutCheckMs;
    private long _nextExpiryCheckMs;

    public string Name => "zurau-transactions";

    public long NextWorkMs => Math.Min(Math.Min(_nextTimeoutCheckMs, _nextExpiryCheckMs), backlog.NextWorkMs);

    public void Start(IDutyPump pump)
    {
        _nextTimeoutCheckMs = pump.NowMs + timeoutCheckMs;
        _nextExpiryCheckMs = pump.NowMs + expiryCheckMs;
        _clock = new ExpiryClock(time, expiryCheckMs, pump.NowMs);
        _handle = pump.Start(this);
        backlog.Wake = _handle.Wake;
    }

    public void Stop() => _handle?.Dispose();

    public int DoWork(long nowMs)
    {
        int work = backlog.Run(nowMs);
        if (nowMs >= _nextTimeoutCheckMs)
        {
            _nextTimeoutCheckMs = nowMs + timeoutCheckMs;
            ForgetFailures(nowMs);
            foreach (Transaction transaction in upkeep.All)
            {
                if (TransactionUpkeep.IsTimedOut(transaction, nowMs))
                {
                    work += Begin(transaction, () => upkeep.AbortTimedOutAsync(transaction, nowMs));
                }
                else if (TransactionUpkeep.MustSettle(transaction))
                {
                    work += Begin(transaction, () => upkeep.SettleAsync(transaction)); // A busy transaction is settled by its own work.
                }
            }
        }

        if (nowMs >= _nextExpiryCheckMs)
        {
            _nextExpiryCheckMs = nowMs + expiryCheckMs;
            ExpiryTime wall = _clock!.Read(nowMs);
            foreach (Transaction transaction in upkeep.All.Where(transaction => upkeep.IsExpired(transaction, nowMs, wall)))
            {
                work += Begin(transaction, () => upkeep.ExpireAsync(transaction, nowMs, wall));
            }
        }

        return work;
    }

    // Clears failures of work that is no longer necessary because a request has done it.
    private void ForgetFailures(long nowMs)
    {
        foreach (Transaction transaction in _failed.Keys)
        {
            bool isDue = TransactionUpkeep.IsTimedOut(transaction, nowMs) || TransactionUpkeep.MustSettle(transaction) || upkeep.MayExpire(transaction, nowMs);
            if (!isDue && !_busy.ContainsKey(transaction) && _failed.TryRemove(transaction, out object? key))
            {
                health.Worked(key);
            }
        }
    }

    private void Failed(Transaction transaction, string reason, Exception? exception = null) =>
        health.Failed(_failed.GetOrAdd(transaction, static _ => new object()), $"'{transaction.TransactionalId}'", reason, exception);

    // A failure is retried at the next check.
    private int Begin(Transaction transaction, Func<ValueTask<ErrorResult>> work)
    {
        if (!_busy.TryAdd(transaction, true))
        {
            return 0;
        }

        _ = RunAsync(transaction, work); // Reports its outcome itself.
        return 1;
    }

    private async Task RunAsync(Transaction transaction, Func<ValueTask<ErrorResult>> work)
    {
        try
        {
            ErrorResult result = await work().ConfigureAwait(false);
            if (!result.IsSuccess)
            {
                Failed(transaction, result.Message ?? $"{result.Error}.");
            }
            else if (_failed.TryRemove(transaction, out object? key))
            {
                health.Worked(key);
            }
        }
#pragma warning disable CA1031 // Whatever it is, the others are served.
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            Failed(transaction, exception.Message, exception);
        }
#pragma warning restore CA1031
        finally
        {
            _busy.TryRemove(transaction, out bool _);
        }
    }
}
