using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Changes the state of a transactional id: appends the new state to
/// <c>__transaction_state</c>, replays it, and executes its decision. The caller must
/// have been admitted by the id's gate.
/// </summary>
internal sealed partial class TransactionSteps(
    TransactionLog log,
    TransactionCompleter completer,
    FlushDuties flushes,
    IDutyPump pump,
    TimeProvider time,
    ILogger logger,
    LogHooks? hooks)
{
    /// <summary>
    /// Called with a transaction that has unfinished work: a decision that could not be
    /// executed, or owed markers.
    /// </summary>
    internal Action<Transaction> FinishLater { get; set; } = static _ => { };

    internal long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Changes the state. Until markers of the previous transaction are known to be on
    /// disk, the state lists their partitions.
    /// </summary>
    /// <param name="transaction">The transactional id.</param>
    /// <param name="next">The state; null removes the id.</param>
    /// <param name="isDurable">Whether to wait until the state is on disk, with the
    /// transaction's records and the markers of the previous one.</param>
    internal ValueTask<ErrorCode> TransitAsync(Transaction transaction, TransactionMetadata? next, bool isDurable) =>
        WriteAsync(transaction, next is null or { WrittenEnd: not null } ? next : next with { WrittenEnd = transaction.State?.WrittenEnd }, isDurable);

    /// <summary>
    /// Writes a decision durably and executes it. Once it is written the outcome is final,
    /// even if writing markers fails.
    /// </summary>
    internal async ValueTask<ErrorCode> EndAsync(Transaction transaction, TransactionMetadata prepared)
    {
        if (!prepared.BumpsEpoch && transaction.State is { WrittenEnd: not null })
        {
            // Rewritten markers of the previous transaction could not be distinguished from
            // records of this one by epoch. Markers on disk are never rewritten.
            ErrorCode settled = await SettleAsync(transaction).ConfigureAwait(false);
            if (settled != ErrorCode.None)
            {
                return settled;
            }
        }

        TransactionMetadata ongoing = transaction.State!;
        bool isCommit = prepared.State == TransactionState.PrepareCommit;
        prepared = isCommit ? prepared with { DataEnds = completer.DataEndsOf(ongoing) } : prepared;
        ErrorCode error = await TransitAsync(transaction, prepared, isDurable: true).ConfigureAwait(false);
        if (error == ErrorCode.None)
        {
            ErrorResult completed = await CompleteAsync(transaction, transaction.State!, isTold: prepared.Epoch > ongoing.Epoch).ConfigureAwait(false);
            if (!completed.IsSuccess)
            {
                FinishLater(transaction);
            }
        }

        return error;
    }

    /// <summary>
    /// Executes the unfinished work of an id; an error means that it is retried.
    /// </summary>
    internal async ValueTask<ErrorResult> FinishAsync(Transaction transaction)
    {
        foreach (OwedMarker owed in transaction.Owed)
        {
            ErrorResult written = await completer.WriteOwedAsync(owed).ConfigureAwait(false);
            if (!written.IsSuccess)
            {
                return written;
            }

            transaction.Owed = transaction.Owed.Remove(owed);
        }

        if (transaction.State is not { IsPrepared: true } prepared)
        {
            return ErrorResult.None;
        }

        if (transaction.IsDecisionOwed)
        {
            // Written again before the markers: a startup may have corrected the decision, and
            // no older record may contradict it.
            ErrorResult decided = await DecideAsync(transaction, prepared).ConfigureAwait(false);
            if (!decided.IsSuccess)
            {
                return decided;
            }

            transaction.IsDecisionOwed = false;
        }

        return await CompleteAsync(transaction, transaction.State!, isTold: false).ConfigureAwait(false);
    }

    /// <summary>
    /// Corrects a decision that a startup found: it was flushed concurrently with the
    /// records and acknowledged only if both were on disk. Parts that cannot be checked yet
    /// are in <see cref="Transaction.Doubtful"/>.
    /// </summary>
    internal TransactionMetadata Outcome(Transaction transaction, TransactionMetadata prepared, ImmutableArray<DataEnd> ends)
    {
        if (prepared.State != TransactionState.PrepareCommit)
        {
            return prepared;
        }

        DataState state = completer.FindData(ends, prepared, out ImmutableArray<DataEnd> doubtful);
        transaction.Doubtful = doubtful;
        if (state != DataState.Lost)
        {
            return prepared;
        }

        LogHalfLost(transaction.TransactionalId);
        return prepared with { State = TransactionState.PrepareAbort, DataEnds = [] };
    }

    /// <summary>
    /// Persists that the markers of a complete transaction are on disk; a startup need not
    /// check them any more.
    /// </summary>
    internal async ValueTask<ErrorCode> SettleAsync(Transaction transaction)
    {
        ErrorCode error = await FlushMarkersAsync(transaction).ConfigureAwait(false);
        return error == ErrorCode.None && transaction.State is { WrittenEnd: not null, IsPrepared: false } state
            ? await WriteAsync(transaction, state with { WrittenEnd = null }, isDurable: false).ConfigureAwait(false)
            : error;
    }

    /// <summary>Waits until the markers of a complete transaction are on disk.</summary>
    internal ValueTask<ErrorCode> FlushMarkersAsync(Transaction transaction) => transaction.State is { WrittenEnd: { } end, IsPrepared: false }
        ? completer.WhenDurableAsync(flushes.WhenDurable(transaction.Log.Flusher, transaction.Log.ReadEnd().Offset), [], end)
        : new ValueTask<ErrorCode>(ErrorCode.None);

    private async ValueTask<ErrorCode> WriteAsync(Transaction transaction, TransactionMetadata? next, bool isDurable)
    {
        WrittenEnd? before = transaction.State?.WrittenEnd;
        Appended appended = log.Append(transaction, next);
        ErrorCode error = appended.Error;
        if (error == ErrorCode.None)
        {
            error = isDurable
                ? await completer.WhenDurableAsync(flushes.WhenDurable(transaction.Log.Flusher, appended.EndOffset), next?.DataEnds ?? [], before).ConfigureAwait(false)
                : await transaction.Log.WhenPublished(appended.EndOffset).ConfigureAwait(false);
        }

        if (error == ErrorCode.None)
        {
            transaction.Replay(isDurable ? next! with { DataEnds = [], WrittenEnd = null } : next, pump.NowMs);
            hooks?.At(LogPoint.TransactionReplayed);
        }

        return error;
    }

    private async ValueTask<ErrorResult> DecideAsync(Transaction transaction, TransactionMetadata prepared)
    {
        TransactionMetadata decision = Outcome(transaction, prepared, transaction.Doubtful);
        if (!transaction.Doubtful.IsEmpty)
        {
            return new ErrorResult(
                ErrorCode.KafkaStorageError,
                "A partition of the transaction is offline, so its outcome is unknown: its records may not have survived the crash. Restore or delete the partition.");
        }

        ErrorCode error = await TransitAsync(transaction, decision, isDurable: true).ConfigureAwait(false);
        return error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"Its decision could not be written to {transaction.Log.Partition}: {error}.");
    }

    // isTold: missing markers can be detected by their epoch. Only then may the end be
    // persisted before the markers are on disk.
    private async ValueTask<ErrorResult> CompleteAsync(Transaction transaction, TransactionMetadata prepared, bool isTold)
    {
        ErrorResult written = await completer.WriteMarkersAsync(prepared, transaction.Log.LeaderEpoch, isDurable: !isTold).ConfigureAwait(false);
        if (!written.IsSuccess)
        {
            return written;
        }

        TransactionMetadata complete = TransactionDecisions.Complete(prepared, NowMs);
        if (isTold && prepared.Partitions is { IsEmpty: false } partitions)
        {
            complete = complete with
            {
                WrittenEnd = new WrittenEnd(prepared.ProducerId, prepared.Epoch, prepared.State == TransactionState.PrepareCommit, partitions) { TopicIds = prepared.TopicIds },
            };
        }

        ErrorCode error = await TransitAsync(transaction, complete, isDurable: false).ConfigureAwait(false);
        return error == ErrorCode.None ? ErrorResult.None : new ErrorResult(error, $"Its end could not be written to {transaction.Log.Partition}: {error}.");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A crash interrupted the commit of a transaction of '{TransactionalId}' and lost some of its records; it is aborted. The commit was never acknowledged.")]
    private partial void LogHalfLost(string transactionalId);
}
