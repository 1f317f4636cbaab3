using System.Collections.Concurrent;
using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Aborts transactions that are open for too long, has the ends of idle ones flushed, carries out decided ones that could not be, and forgets idle transactional ids. Time is
/// the pump's: a jump of the wall clock aborts nothing, and a start begins every timeout anew.
/// </summary>
/// <param name="coordinator">Whose transactions.</param>
/// <param name="expirationMs"><c>transactional.id.expiration.ms</c></param>
/// <param name="timeoutCheckMs">How often it looks for transactions whose time is over.</param>
/// <param name="expiryCheckMs">How often it looks for idle ids, at most: twice within their time.</param>
internal sealed class TransactionDuty(TransactionCoordinator coordinator, long expirationMs, int timeoutCheckMs, int expiryCheckMs) : IDuty
{
    private const int RetryMs = 100;
    private readonly ConcurrentQueue<Transaction> _toComplete = new();
    private readonly long _expiryCheckMs = Math.Clamp(expirationMs / 2, 1, expiryCheckMs);
    private IDutyPump? _pump;
    private IDutyHandle? _handle;
    private long _nextTimeoutCheckMs;
    private long _nextExpiryCheckMs;
    private long _retryAtMs; // Written by who could not complete and by the duty; a stale value costs a turn.

    public string Name => "zurau-transactions";

    public long NextWorkMs => Math.Min(Math.Min(_nextTimeoutCheckMs, _nextExpiryCheckMs), _toComplete.IsEmpty ? long.MaxValue : Volatile.Read(ref _retryAtMs));

    internal void Start(IDutyPump pump)
    {
        _pump = pump;
        _nextTimeoutCheckMs = pump.NowMs + timeoutCheckMs;
        _nextExpiryCheckMs = pump.NowMs + _expiryCheckMs;
        _handle = pump.Start(this);
    }

    internal void Stop() => _handle?.Dispose();

    /// <summary>Has a decided transaction carried out soon: at the start at once, later after a pause.</summary>
    internal void CompleteLater(Transaction transaction)
    {
        Volatile.Write(ref _retryAtMs, _pump is null ? 0 : _pump.NowMs + RetryMs);
        _toComplete.Enqueue(transaction);
        _handle?.Wake();
    }

    public int DoWork(long nowMs)
    {
        int work = 0;
        for (int i = nowMs < Volatile.Read(ref _retryAtMs) ? 0 : _toComplete.Count; i > 0 && _toComplete.TryDequeue(out Transaction? transaction); i--)
        {
            _ = coordinator.CompleteAsync(transaction);
            work++;
        }

        if (nowMs >= _nextTimeoutCheckMs)
        {
            _nextTimeoutCheckMs = nowMs + timeoutCheckMs;
            foreach (Transaction transaction in coordinator.All)
            {
                if (TransactionCoordinator.IsTimedOut(transaction, nowMs))
                {
                    _ = coordinator.AbortTimedOutAsync(transaction, nowMs);
                    work++;
                }
                else if (transaction.State is { WrittenEnd: not null })
                {
                    _ = coordinator.SettleAsync(transaction); // A busy one gets there by itself.
                }
            }
        }

        if (nowMs >= _nextExpiryCheckMs)
        {
            _nextExpiryCheckMs = nowMs + _expiryCheckMs;
            foreach (Transaction transaction in coordinator.All.Where(transaction => nowMs - transaction.ChangedMs >= expirationMs))
            {
                _ = coordinator.ExpireAsync(transaction, nowMs, expirationMs);
            }
        }

        return work;
    }
}
