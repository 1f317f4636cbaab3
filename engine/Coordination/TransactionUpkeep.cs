using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// What is done for transactional ids without a request: ends of transactions that time out or could not be carried out, flushes of markers,
/// expiry. Each waits for the id's gate, and looks at the state again inside. Thread-safe.
/// </summary>
internal sealed class TransactionUpkeep(TransactionCoordinator coordinator, TransactionSteps steps, long expirationMs)
{
    /// <summary>All transactional ids.</summary>
    internal IEnumerable<Transaction> All => coordinator.All;

    internal static bool IsTimedOut(Transaction transaction, long nowMs) =>
        transaction.Owed.IsEmpty && transaction.State is { State: TransactionState.Ongoing } ongoing && nowMs - transaction.BegunMs > ongoing.TimeoutMs;

    /// <summary>Whether markers of an id may not be on disk, and nothing else has them flushed soon.</summary>
    internal static bool MustSettle(Transaction transaction) => transaction.Owed.IsEmpty && transaction.State is { WrittenEnd: not null, IsPrepared: false };

    /// <summary>
    /// Whether an id has had no transaction for so long, by Kafka's rule: only Empty and complete ones expire. Idle time is measured by the
    /// monotonic clock; of an id that was not used since startup, also from its last record to the wall clock, so that a restart does not prolong
    /// its life.
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

    /// <summary>Whether an id has been idle long enough to expire, as far as the monotonic clock tells.</summary>
    internal bool MayExpire(Transaction transaction, long nowMs) =>
        !transaction.IsForgotten && transaction.State is { State: not TransactionState.Ongoing, IsPrepared: false } && (transaction.IsRestored || nowMs - transaction.ChangedMs >= expirationMs);

    /// <summary>Does what is left to do for an id; see <see cref="TransactionSteps.FinishAsync"/>.</summary>
    internal ValueTask<ErrorResult> FinishAsync(Transaction transaction) => InsideAsync(transaction, () => steps.FinishAsync(transaction));

    /// <summary>Aborts a transaction that has been open for too long, and fences its producer.</summary>
    internal ValueTask<ErrorResult> AbortTimedOutAsync(Transaction transaction, long nowMs) => InsideAsync(transaction, async () =>
        IsTimedOut(transaction, nowMs) && transaction.State is { } ongoing
            ? Result(await steps.EndAsync(transaction, TransactionDecisions.Fence(ongoing, steps.NowMs)).ConfigureAwait(false), "aborted after its timeout")
            : ErrorResult.None);

    /// <summary>Has the markers of a complete transaction on disk, with its end: nothing need be looked for at a startup any more.</summary>
    internal ValueTask<ErrorResult> SettleAsync(Transaction transaction) => InsideAsync(transaction, async () =>
        MustSettle(transaction) ? Result(await steps.SettleAsync(transaction).ConfigureAwait(false), "flushed after its end") : ErrorResult.None);

    /// <summary>Forgets a transactional id that has expired. Its tombstone is not flushed: should a crash take it, the id expires once more.</summary>
    internal ValueTask<ErrorResult> ExpireAsync(Transaction transaction, long nowMs, ExpiryTime wall) => InsideAsync(transaction, async () =>
    {
        if (!IsExpired(transaction, nowMs, wall))
        {
            return ErrorResult.None;
        }

        // Without the id nobody looks for its markers at a startup.
        ErrorCode error = await steps.FlushMarkersAsync(transaction).ConfigureAwait(false);
        error = error == ErrorCode.None ? await steps.TransitAsync(transaction, null, isDurable: false).ConfigureAwait(false) : error;
        return Result(error, "removed after its expiration");
    });

    private static ErrorResult Result(ErrorCode error, string what) =>
        error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"It could not be {what}: {error}.");

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
            coordinator.Exit(transaction);
        }
    }
}
