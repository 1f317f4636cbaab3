using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Maintains transactional ids without a request: ends timed-out transactions, retries
/// unfinished ends, flushes markers and expires ids. Each task waits for the id's gate
/// and re-reads the state inside it. Thread-safe.
/// </summary>
internal sealed class TransactionUpkeep(TransactionStore store, TransactionSteps steps, TransactionBacklog backlog, long expirationMs)
{
    /// <summary>Gets all transactional ids.</summary>
    internal IEnumerable<Transaction> All => store.All;

    internal static bool IsTimedOut(Transaction transaction, long nowMs) =>
        transaction.Owed.IsEmpty && transaction.State is { State: TransactionState.Ongoing } ongoing && nowMs - transaction.BegunMs > ongoing.TimeoutMs;

    /// <summary>
    /// Returns whether markers of an id may not be on disk and no other work will flush
    /// them.
    /// </summary>
    internal static bool MustSettle(Transaction transaction) => transaction.Owed.IsEmpty && transaction.State is { WrittenEnd: not null, IsPrepared: false };

    /// <summary>
    /// Returns whether an id expires by Kafka's rule: only Empty and complete ids that were
    /// idle for long enough. The monotonic clock measures the idle time; for an id unused
    /// since startup, the wall clock also measures it from its last record, so that
    /// restarts do not postpone the expiry.
    /// </summary>
    internal bool IsExpired(Transaction transaction, long nowMs, ExpiryTime wall)
    {
        if (transaction.State is not { State: not TransactionState.Ongoing, IsPrepared: false } state || !transaction.Owed.IsEmpty)
        {
            return false;
        }

        long idleMs = nowMs - transaction.ChangedMs;
        return (transaction.IsRestored ? Math.Max(idleMs, wall.EarliestMs - state.LastUpdateMs) : idleMs) >= expirationMs;
    }

    /// <summary>
    /// Returns whether an id may have been idle long enough to expire, by the monotonic
    /// clock.
    /// </summary>
    internal bool MayExpire(Transaction transaction, long nowMs) =>
        !transaction.IsForgotten && transaction.State is { State: not TransactionState.Ongoing, IsPrepared: false } && (transaction.IsRestored || nowMs - transaction.ChangedMs >= expirationMs);

    /// <summary>
    /// Executes the unfinished work of an id in the background, as soon as the duty runs:
    /// for work that was found at startup.
    /// </summary>
    internal void FinishSoon(Transaction transaction) => Finish(transaction, 0);

    /// <summary>
    /// Executes the unfinished work of an id in the background, after a pause: for work
    /// that has failed.
    /// </summary>
    internal void FinishAfterPause(Transaction transaction) => Finish(transaction, RetryBackoff.FirstMs);

    /// <summary>Aborts a timed-out transaction and fences its producer.</summary>
    internal ValueTask<ErrorResult> AbortTimedOutAsync(Transaction transaction, long nowMs) => InsideAsync(transaction, async () =>
        IsTimedOut(transaction, nowMs) && transaction.State is { } ongoing
            ? Result(await steps.EndAsync(transaction, TransactionDecisions.Fence(ongoing, steps.NowMs)).ConfigureAwait(false), "aborted after its timeout")
            : ErrorResult.None);

    /// <summary>
    /// Flushes the markers of a complete transaction and persists its end, so that a
    /// startup need not check them.
    /// </summary>
    internal ValueTask<ErrorResult> SettleAsync(Transaction transaction) => InsideAsync(transaction, async () =>
        MustSettle(transaction) ? Result(await steps.SettleAsync(transaction).ConfigureAwait(false), "flushed after its end") : ErrorResult.None);

    /// <summary>
    /// Removes an expired transactional id. Its tombstone is not flushed: if a crash loses
    /// it, the id expires again.
    /// </summary>
    internal ValueTask<ErrorResult> ExpireAsync(Transaction transaction, long nowMs, ExpiryTime wall) => InsideAsync(transaction, async () =>
    {
        if (!IsExpired(transaction, nowMs, wall))
        {
            return ErrorResult.None;
        }

        // Without the id, a startup cannot find missing markers.
        ErrorCode error = await steps.FlushMarkersAsync(transaction).ConfigureAwait(false);
        error = error == ErrorCode.None ? await steps.TransitAsync(transaction, null, isDurable: false).ConfigureAwait(false) : error;
        return Result(error, "removed after its expiration");
    });

    private static ErrorResult Result(ErrorCode error, string what) =>
        error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"It could not be {what}: {error}.");

    private void Finish(Transaction transaction, int delayMs) => backlog.Add(
        transaction, $"'{transaction.TransactionalId}'", delayMs, () => InsideAsync(transaction, () => steps.FinishAsync(transaction)));

    private async ValueTask<ErrorResult> InsideAsync(Transaction transaction, Func<ValueTask<ErrorResult>> work)
    {
        if (!await transaction.Gate.EnterAsync().ConfigureAwait(false))
        {
            return new ErrorResult(ErrorCode.ConcurrentTransactions, $"More than {AsyncGate.Limit} requests wait for it.");
        }

        try
        {
            return transaction.IsForgotten ? ErrorResult.None : await work().ConfigureAwait(false);
        }
        finally
        {
            store.Exit(transaction);
        }
    }
}
