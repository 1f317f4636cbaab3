using System.Collections.Immutable;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Manages transactional ids. A request waits at the id's gate, is decided on the
/// in-memory state (<see cref="TransactionDecisions"/>), appended to
/// <c>__transaction_state</c>, replayed into the state and then answered; loading at
/// startup uses the same replay. Ending a transaction requires one wait: its records
/// and the decision are flushed concurrently, and the decision contains the end offsets
/// of the records, so that a startup can check whether it is valid
/// (<see cref="TransactionLoader"/>). Only then are the markers written, without
/// waiting for their flush: until a later flush includes them, every state lists their
/// partitions, and a startup rewrites missing markers. Thread-safe.
/// </summary>
internal sealed class TransactionCoordinator(
    TopicRegistry topics,
    TransactionLog log,
    TransactionStore store,
    TransactionSteps steps,
    TransactionCompleter completer,
    Func<long> newProducerId,
    int maxTimeoutMs)
{
    /// <summary>
    /// Initializes a producer's id and epoch; fences the previous producer and aborts its
    /// open transaction.
    /// </summary>
    internal async ValueTask<InitProducerIdResult> InitProducerIdAsync(string transactionalId, int timeoutMs, long producerId, short epoch)
    {
        if (transactionalId.Length == 0 || Encoding.UTF8.GetByteCount(transactionalId) > short.MaxValue)
        {
            return Failed(ErrorCode.InvalidRequest, $"The transactional id has {transactionalId.Length} characters; set 'transactional.id' to 1 to {short.MaxValue} bytes of text.");
        }

        if (producerId < 0 != epoch < 0)
        {
            return Failed(ErrorCode.InvalidRequest, $"Producer id {producerId} with epoch {epoch}: pass both values of the producer, or neither.");
        }

        if (timeoutMs <= 0 || timeoutMs > maxTimeoutMs)
        {
            return Failed(ErrorCode.InvalidTransactionTimeout, $"'transaction.timeout.ms' is {timeoutMs}; set it to a value from 1 to 'transaction.max.timeout.ms' ({maxTimeoutMs}).");
        }

        (Transaction? transaction, ErrorCode refused) = await EnterAsync(transactionalId, mayCreate: true).ConfigureAwait(false);
        if (transaction is null)
        {
            return Failed(refused, Explain(refused, transactionalId));
        }

        try
        {
            TransactionDecision decision = Decide(() => TransactionDecisions.Init(transaction.State, producerId, epoch, timeoutMs, newProducerId, steps.NowMs));
            if (decision.Error == ErrorCode.None && transaction.State is { State: TransactionState.Ongoing } ongoing)
            {
                // Only an authorized client aborts the open transaction; its new epoch follows the
                // epoch that fenced the old producer.
                ErrorCode aborted = await steps.EndAsync(transaction, TransactionDecisions.Fence(ongoing, steps.NowMs)).ConfigureAwait(false);
                decision = aborted == ErrorCode.None
                    ? Decide(() => TransactionDecisions.Init(transaction.State, -1, -1, timeoutMs, newProducerId, steps.NowMs))
                    : new TransactionDecision(aborted);
            }

            ErrorCode error = decision.Error;
            if (error == ErrorCode.None && decision.Next != transaction.State)
            {
                error = await steps.TransitAsync(transaction, decision.Next!, isDurable: true).ConfigureAwait(false);
            }

            return error == ErrorCode.None
                ? new InitProducerIdResult(ErrorCode.None, decision.Next!.ProducerId, decision.Next.Epoch)
                : Failed(error, Explain(error, transactionalId));
        }
        finally
        {
            store.Exit(transaction);
        }
    }

    /// <summary>
    /// Adds partitions to a transaction and starts it if necessary; from then on their logs
    /// accept its batches.
    /// </summary>
    internal async ValueTask<ErrorCode> AddPartitionsAsync(string transactionalId, long producerId, short epoch, IReadOnlyCollection<TopicPartition> partitions, TransactionVersion version)
    {
        ErrorCode missing = partitions.Select(Problem).FirstOrDefault(static problem => problem != ErrorCode.None);
        if (missing != ErrorCode.None)
        {
            return missing;
        }

        if (transactionalId.Length == 0)
        {
            return ErrorCode.InvalidRequest;
        }

        (Transaction? transaction, ErrorCode refused) = await EnterAsync(transactionalId, mayCreate: false).ConfigureAwait(false);
        if (transaction is null)
        {
            return refused;
        }

        try
        {
            ImmutableDictionary<string, Guid> topicIds = completer.TopicIdsOf(partitions);
            if (partitions.Any(partition => !topicIds.ContainsKey(partition.Topic)))
            {
                return ErrorCode.UnknownTopicOrPartition; // Deleted concurrently.
            }

            TransactionDecision decision = TransactionDecisions.AddPartitions(transaction.State, producerId, epoch, partitions, topicIds, version, steps.NowMs);
            if (decision.Error != ErrorCode.None || decision.Next is null)
            {
                return decision.Error;
            }

            // Not flushed: a power failure that loses this record also loses any later
            // decision, and transactions that are then open in a partition but unknown here are
            // aborted at the next startup. In version 1 a later request could not detect the loss,
            // so there the record is flushed.
            ErrorCode error = await steps.TransitAsync(transaction, decision.Next, isDurable: version == TransactionVersion.V1).ConfigureAwait(false);
            if (error == ErrorCode.None)
            {
                completer.Open(decision.Next, partitions);
            }

            return error;
        }
        finally
        {
            store.Exit(transaction);
        }
    }

    /// <summary>
    /// Ends a transaction. Completes when the outcome is visible and durable.
    /// </summary>
    internal async ValueTask<InitProducerIdResult> EndAsync(string transactionalId, long producerId, short epoch, bool isCommit, TransactionVersion version)
    {
        if (transactionalId.Length == 0)
        {
            return Failed(ErrorCode.InvalidRequest, "The transactional id is empty; set 'transactional.id'.");
        }

        (Transaction? transaction, ErrorCode refused) = await EnterAsync(transactionalId, mayCreate: false).ConfigureAwait(false);
        if (transaction is null)
        {
            return Failed(refused, Explain(refused, transactionalId));
        }

        try
        {
            TransactionDecision decision = Decide(() => TransactionDecisions.End(transaction.State, producerId, epoch, isCommit, version, newProducerId, steps.NowMs));
            ErrorCode error = decision.Error;
            if (error == ErrorCode.None && decision.Next is not null)
            {
                error = await steps.EndAsync(transaction, decision.Next).ConfigureAwait(false);
            }

            TransactionMetadata? state = transaction.State;
            return error != ErrorCode.None || state is null
                ? Failed(error, Explain(error, transactionalId))
                : new InitProducerIdResult(ErrorCode.None, state.NextProducerId < 0 ? state.ProducerId : state.NextProducerId, state.NextProducerId < 0 ? state.Epoch : (short)0);
        }
        finally
        {
            store.Exit(transaction);
        }
    }

    /// <summary>Returns why a partition cannot be added to a transaction.</summary>
    internal ErrorCode Problem(TopicPartition partition) =>
        topics.FindPartition(partition) is not { } found ? ErrorCode.UnknownTopicOrPartition
        : found.Log is null ? ErrorCode.KafkaStorageError
        : ErrorCode.None;

    private static InitProducerIdResult Failed(ErrorCode error, string? message) => new(error, -1, -1, message);

    private static string Explain(ErrorCode error, string transactionalId) => error switch
    {
        ErrorCode.ProducerFenced => $"A newer producer uses the transactional id '{transactionalId}', or the transaction timed out; close this producer.",
        ErrorCode.InvalidProducerIdMapping => $"The transactional id '{transactionalId}' does not have this producer id; initialize transactions first.",
        ErrorCode.ConcurrentTransactions => $"The transaction of '{transactionalId}' is still being completed; try again.",
        ErrorCode.InvalidTxnState => $"The transactional id '{transactionalId}' has no transaction in a state that allows this request.",
        ErrorCode.CoordinatorNotAvailable => $"The topic '{TopicName.TransactionState}' could not be created; the engine's log contains the reason.",
        _ => $"The transaction of '{transactionalId}' failed: {error}.",
    };

    private static TransactionDecision Decide(Func<TransactionDecision> decide)
    {
        try
        {
            return decide();
        }
        catch (StorageException)
        {
            return new TransactionDecision(ErrorCode.KafkaStorageError); // A block of producer ids could not be persisted.
        }
    }

    /// <summary>
    /// Waits at an id's gate; returns an error instead of a transaction if the request is
    /// refused.
    /// </summary>
    private async ValueTask<(Transaction? Transaction, ErrorCode Refused)> EnterAsync(string transactionalId, bool mayCreate)
    {
        while (true) // Ends with an entry that was not forgotten meanwhile; each turn finds another one.
        {
            Transaction? transaction = store.Find(transactionalId);
            if (transaction is null)
            {
                if (!mayCreate)
                {
                    return (null, ErrorCode.InvalidProducerIdMapping);
                }

                if (log.LogOf(transactionalId) is not { } partition)
                {
                    return (null, ErrorCode.CoordinatorNotAvailable);
                }

                transaction = store.GetOrAdd(transactionalId, partition);
            }

            if (!await transaction.Gate.EnterAsync().ConfigureAwait(false))
            {
                return (null, ErrorCode.ConcurrentTransactions);
            }

            if (!transaction.IsForgotten && transaction.Owed.IsEmpty)
            {
                return (transaction, ErrorCode.None);
            }

            bool isBlocked = !transaction.IsForgotten;
            transaction.Gate.Exit();
            if (isBlocked)
            {
                return (null, ErrorCode.ConcurrentTransactions);
            }
        }
    }
}
