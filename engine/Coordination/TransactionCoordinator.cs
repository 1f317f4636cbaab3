using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Keeps transactional ids. A request waits for its turn at the id's gate, is decided on the state in memory
/// (<see cref="TransactionDecisions"/>), appended to <c>__transaction_state</c>, replayed into the state and then answered; loading after a
/// start is the same replay. To end a transaction takes one wait: the flushes of its records and of the decision run side by side, and the
/// decision says how far the records go, so a start can tell whether it counts (<see cref="TransactionLoader"/>). Only then are the markers
/// written. They are not waited for: until a later flush has taken them, every state says where they are, and a start writes those again
/// that are missing. Thread-safe.
/// </summary>
internal sealed class TransactionCoordinator(
    TopicRegistry topics,
    TransactionLog log,
    TransactionSteps steps,
    TransactionCompleter completer,
    Func<long> newProducerId,
    int maxTimeoutMs,
    IDutyPump pump,
    LogHooks? hooks)
{
    private readonly ConcurrentDictionary<string, Transaction> _transactions = new(StringComparer.Ordinal);

    /// <summary>All transactional ids, in ordinal order.</summary>
    internal IEnumerable<Transaction> All => _transactions.Values.OrderBy(static transaction => transaction.TransactionalId, StringComparer.Ordinal);

    /// <summary>The highest producer id that a transactional id has, or is to have; -1 for none.</summary>
    internal long HighestProducerId => _transactions.Values.Select(static transaction => transaction.State is { } state ? Math.Max(state.ProducerId, state.NextProducerId) : -1).Append(-1).Max();

    internal Transaction? Find(string transactionalId) => _transactions.GetValueOrDefault(transactionalId);

    /// <summary>Takes a record that was read at the start.</summary>
    internal void Replay(PartitionLog partition, string transactionalId, TransactionMetadata? state)
    {
        if (state is null)
        {
            _transactions.TryRemove(transactionalId, out _);
        }
        else
        {
            _transactions.GetOrAdd(transactionalId, id => new Transaction(id, partition, hooks)).Replay(state, pump.NowMs, isRestored: true);
        }
    }

    /// <summary>Gives a producer its identity; fences who had it before and aborts what that one left open.</summary>
    internal async ValueTask<InitProducerIdResult> InitProducerIdAsync(string transactionalId, int timeoutMs, long producerId, short epoch)
    {
        if (transactionalId.Length == 0 || Encoding.UTF8.GetByteCount(transactionalId) > short.MaxValue)
        {
            return Failed(ErrorCode.InvalidRequest, $"The transactional id has {transactionalId.Length} characters; set 'transactional.id' to 1 to {short.MaxValue} bytes of text.");
        }

        if (producerId < 0 != epoch < 0)
        {
            return Failed(ErrorCode.InvalidRequest, $"Producer id {producerId} with epoch {epoch}: give both of what the producer has, or neither.");
        }

        if (timeoutMs <= 0 || timeoutMs > maxTimeoutMs)
        {
            return Failed(ErrorCode.InvalidTransactionTimeout, $"'transaction.timeout.ms' is {timeoutMs}; it takes 1 to 'transaction.max.timeout.ms' ({maxTimeoutMs}).");
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
                // Only a client that may go on ends what is open; its new epoch comes behind the one that fenced the old.
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
            Exit(transaction);
        }
    }

    /// <summary>Adds partitions to a transaction, which begins with the first; their logs take its batches from then on.</summary>
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
                return ErrorCode.UnknownTopicOrPartition; // Deleted just now.
            }

            TransactionDecision decision = TransactionDecisions.AddPartitions(transaction.State, producerId, epoch, partitions, topicIds, version, steps.NowMs);
            if (decision.Error != ErrorCode.None || decision.Next is null)
            {
                return decision.Error;
            }

            // Not flushed: where a power cut takes the record, it takes the decision that may follow too, and what is then open in a
            // partition without a transaction is aborted at the next start. Without an epoch a transaction a later request could not tell
            // that one was lost, so there it is.
            ErrorCode error = await steps.TransitAsync(transaction, decision.Next, isDurable: version == TransactionVersion.V1).ConfigureAwait(false);
            if (error == ErrorCode.None)
            {
                Open(decision.Next, partitions);
            }

            return error;
        }
        finally
        {
            Exit(transaction);
        }
    }

    /// <summary>Ends a transaction. The answer comes when its records are visible, or gone, and that is on disk.</summary>
    internal async ValueTask<InitProducerIdResult> EndAsync(string transactionalId, long producerId, short epoch, bool isCommit, TransactionVersion version)
    {
        if (transactionalId.Length == 0)
        {
            return Failed(ErrorCode.InvalidRequest, "There is no transactional id.");
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
            Exit(transaction);
        }
    }

    /// <summary>Puts a state right that a startup has found, before any request; what is prepared is written down, and carried out, later.</summary>
    internal void PutRight(Transaction transaction, TransactionMetadata prepared)
    {
        transaction.Replay(prepared, pump.NowMs);
        transaction.IsDecisionOwed = true;
    }

    /// <summary>Lets the logs of partitions take batches of a transaction.</summary>
    internal void Open(TransactionMetadata ongoing, IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            completer.Find(partition, ongoing.TopicIds)?.Log?.Producers.AddToTransaction(ongoing.ProducerId, ongoing.Epoch, ongoing.BumpsEpoch);
        }
    }

    /// <summary>Why a partition cannot be added to a transaction.</summary>
    internal ErrorCode Problem(TopicPartition partition) =>
        topics.FindPartition(partition) is not { } found ? ErrorCode.UnknownTopicOrPartition
        : found.Log is null ? ErrorCode.KafkaStorageError
        : ErrorCode.None;

    private static InitProducerIdResult Failed(ErrorCode error, string? message) => new(error, -1, -1, message);

    private static string Explain(ErrorCode error, string transactionalId) => error switch
    {
        ErrorCode.ProducerFenced => $"A newer producer has the transactional id '{transactionalId}', or its transaction was open for too long: close this producer.",
        ErrorCode.InvalidProducerIdMapping => $"The transactional id '{transactionalId}' is not known with this producer id; initialize transactions first.",
        ErrorCode.ConcurrentTransactions => $"A transaction of '{transactionalId}' is just being ended; try again.",
        ErrorCode.InvalidTxnState => $"'{transactionalId}' has no transaction that could be ended this way.",
        ErrorCode.CoordinatorNotAvailable => $"The topic '{TopicName.TransactionState}' could not be created; the log of the engine says why.",
        _ => $"The transaction of '{transactionalId}' could not go on: {error}.",
    };

    private static TransactionDecision Decide(Func<TransactionDecision> decide)
    {
        try
        {
            return decide();
        }
        catch (StorageException)
        {
            return new TransactionDecision(ErrorCode.KafkaStorageError); // A block of producer ids could not be written down.
        }
    }

    /// <summary>Waits for the turn at an id's gate; without a transaction it is refused.</summary>
    private async ValueTask<(Transaction? Transaction, ErrorCode Refused)> EnterAsync(string transactionalId, bool mayCreate)
    {
        while (true) // Ends with an entry that was not forgotten meanwhile; each turn finds another one.
        {
            if (!_transactions.TryGetValue(transactionalId, out Transaction? transaction))
            {
                if (!mayCreate)
                {
                    return (null, ErrorCode.InvalidProducerIdMapping);
                }

                if (log.LogOf(transactionalId) is not { } partition)
                {
                    return (null, ErrorCode.CoordinatorNotAvailable);
                }

                transaction = _transactions.GetOrAdd(transactionalId, id => new Transaction(id, partition, hooks));
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

    /// <summary>Leaves the gate. An id without a state, because its first request was refused or it has expired, is not remembered.</summary>
    internal void Exit(Transaction transaction)
    {
        if (transaction.State is null)
        {
            transaction.IsForgotten = true;
            _transactions.TryRemove(KeyValuePair.Create(transaction.TransactionalId, transaction));
        }

        transaction.Gate.Exit();
    }
}
