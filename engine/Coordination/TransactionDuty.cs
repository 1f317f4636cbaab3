using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Aborts transactions that are open for too long, has the ends of idle ones flushed, carries out decided ones that could not be, and forgets
/// idle transactional ids. Timeouts are measured by the pump's clock: a jump of the wall clock aborts nothing, and a startup begins every
/// timeout anew.
/// </summary>
/// <param name="upkeep">Does it.</param>
/// <param name="backlog">What is decided and not done.</param>
/// <param name="health">Where failures are reported.</param>
/// <param name="timeoutCheckMs">How often it looks for transactions that time out.</param>
/// <param name="expiryCheckMs">How often it looks for expired ids.</param>
/// <param name="time">The wall clock.</param>
internal sealed class TransactionDuty(
    TransactionUpkeep upkeep,
    TransactionBacklog backlog,
    TransactionHealth health,
    int timeoutCheckMs,
    long expiryCheckMs,
    TimeProvider time) : IDuty
{
    private readonly ConcurrentDictionary<Transaction, bool> _busy = new(); // Something is being done for it: one thing at a time.
    private readonly ConcurrentDictionary<Transaction, object> _failed = new(); // Those whose last attempt failed, with what the report goes by: the backlog has its own.
    private IDutyHandle? _handle;
    private ExpiryClock? _clock;
    private long _nextTimeoutCheckMs;
    private long _nextExpiryCheckMs;

    public string Name => "zurau-transactions";

    public long NextWorkMs => Math.Min(Math.Min(_nextTimeoutCheckMs, _nextExpiryCheckMs), backlog.NextWorkMs);

    internal void Start(IDutyPump pump)
    {
        _nextTimeoutCheckMs = pump.NowMs + timeoutCheckMs;
        _nextExpiryCheckMs = pump.NowMs + expiryCheckMs;
        _clock = new ExpiryClock(time, expiryCheckMs, pump.NowMs);
        _handle = pump.Start(this);
        backlog.Wake = _handle.Wake;
    }

    internal void Stop() => _handle?.Dispose();

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
                    work += Begin(transaction, () => upkeep.SettleAsync(transaction)); // A busy one gets there by itself.
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

    // What failed and need not be done any more, because a request has done it, fails no more.
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

    // A failure is tried again with the next check.
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
