using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// Kafka's requests for transactional producers and for administrators of transactions.
/// If another request of the same transactional id is in progress, a request waits,
/// while Kafka returns CONCURRENT_TRANSACTIONS. Thread-safe.
/// </summary>
public sealed class BrokerTransactions
{
    private static readonly InitProducerIdResult s_closed = new(ErrorCode.BrokerNotAvailable, -1, -1, ClosedFlag.Message);
    private readonly ClosedFlag _closed;
    private readonly AppendRequests _appends;
    private readonly TopicRegistry _topics;
    private readonly OffsetCoordinator _offsets;
    private readonly TransactionCoordinator _coordinator;
    private readonly TransactionStore _store;
    private readonly TransactionCompleter _completer;

    internal BrokerTransactions(BrokerParts parts, AppendRequests appends)
    {
        _closed = parts.Closed;
        _appends = appends;
        _topics = parts.Topics;
        _offsets = parts.OffsetRequests;
        _coordinator = parts.Transactions;
        _store = parts.TransactionStore;
        _completer = parts.Completer;
    }

    /// <summary>
    /// Initializes the producer of a transactional id: fences the previous producer and
    /// aborts its open transaction.
    /// </summary>
    /// <param name="transactionalId">The transactional id.</param>
    /// <param name="transactionTimeoutMs">The transaction timeout.</param>
    /// <param name="producerId">The client's current id, whose epoch is bumped (KIP-360);
    /// -1 for a new client.</param>
    /// <param name="producerEpoch">The client's current epoch; -1 for a new client.</param>
    public ValueTask<InitProducerIdResult> InitProducerIdAsync(string transactionalId, int transactionTimeoutMs, long producerId = -1, short producerEpoch = -1)
    {
        ArgumentNullException.ThrowIfNull(transactionalId);
        return _closed.IsSet ? new ValueTask<InitProducerIdResult>(s_closed) : _coordinator.InitProducerIdAsync(transactionalId, transactionTimeoutMs, producerId, producerEpoch);
    }

    /// <summary>
    /// Adds partitions to the producer's transaction and starts it if necessary. Adds none
    /// if one does not exist.
    /// </summary>
    public ValueTask<ErrorCode> AddPartitionsAsync(
        string transactionalId,
        long producerId,
        short producerEpoch,
        IReadOnlyCollection<TopicPartition> partitions,
        TransactionVersion version)
    {
        ArgumentNullException.ThrowIfNull(transactionalId);
        return _closed.IsSet ? new ValueTask<ErrorCode>(s_closed.Error) : _coordinator.AddPartitionsAsync(transactionalId, producerId, producerEpoch, partitions, version);
    }

    /// <summary>
    /// Adds partitions like <see cref="AddPartitionsAsync"/>, with a result for each. If
    /// one does not exist or is offline, the results of the others are
    /// <see cref="ErrorCode.OperationNotAttempted"/>.
    /// </summary>
    public async ValueTask<IReadOnlyList<PartitionResult>> AddEachPartitionAsync(
        string transactionalId,
        long producerId,
        short producerEpoch,
        IReadOnlyCollection<TopicPartition> partitions,
        TransactionVersion version)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        if (_closed.IsSet)
        {
            return [.. partitions.Select(static partition => new PartitionResult(partition, s_closed.Error))];
        }

        PartitionResult[] answers = [.. partitions.Select(partition => new PartitionResult(partition, _coordinator.Problem(partition)))];
        if (answers.Any(static answer => answer.Error != ErrorCode.None))
        {
            return [.. answers.Select(static answer => answer.Error == ErrorCode.None ? answer with { Error = ErrorCode.OperationNotAttempted } : answer)];
        }

        ErrorCode error = await AddPartitionsAsync(transactionalId, producerId, producerEpoch, partitions, version).ConfigureAwait(false);
        return [.. answers.Select(answer => answer with { Error = error })];
    }

    /// <summary>
    /// Adds a group's offsets to the producer's transaction; required before
    /// <see cref="CommitOffsetsAsync"/> in version 1.
    /// </summary>
    public ValueTask<ErrorCode> AddOffsetsAsync(string transactionalId, long producerId, short producerEpoch, string groupId, TransactionVersion version) =>
        _closed.IsSet ? new ValueTask<ErrorCode>(s_closed.Error) : _offsets.PartitionOf(groupId) is { } partition
            ? AddPartitionsAsync(transactionalId, producerId, producerEpoch, [partition], version)
            : new ValueTask<ErrorCode>(ErrorCode.InvalidGroupId);

    /// <summary>
    /// Adds the partition to the transaction if necessary and appends a transactional batch
    /// (transaction version 2).
    /// </summary>
    public async ValueTask<AppendResult> AppendAsync(string transactionalId, TopicPartition partition, ReadOnlyMemory<byte> batch, Acks acks)
    {
        if (!RecordBatchView.TryRead(batch.Span, out RecordBatchView view) || !view.IsTransactional)
        {
            return await _appends.AppendAsync(partition, batch.Span, null, acks).ConfigureAwait(false); // Returns the batch's error.
        }

        ErrorCode added = await AddPartitionsAsync(transactionalId, view.ProducerId, view.ProducerEpoch, [partition], TransactionVersion.V2).ConfigureAwait(false);
        return added == ErrorCode.None
            ? await _appends.AppendAsync(partition, batch.Span, null, acks).ConfigureAwait(false)
            : AppendResult.Failed(added == ErrorCode.ProducerFenced ? ErrorCode.InvalidProducerEpoch : added, $"Partition {partition} could not be added to the transaction of '{transactionalId}': {added}.");
    }

    /// <summary>
    /// Commits offsets in the producer's transaction: they become effective when it is
    /// committed. In version 2 this also adds them to the transaction. A generation of -1
    /// with an empty member id skips the membership check.
    /// </summary>
    /// <param name="transactionalId">The transactional id.</param>
    /// <param name="producerId">The producer id.</param>
    /// <param name="producerEpoch">The producer epoch.</param>
    /// <param name="groupId">The consumer group.</param>
    /// <param name="memberId">The group member; empty for none.</param>
    /// <param name="generationId">The generation of the group; -1 for none.</param>
    /// <param name="offsets">The offsets.</param>
    /// <param name="version">The version of the transaction protocol.</param>
    /// <param name="acks">
    /// <see cref="Acks.All"/> answers when the offsets are on disk: required for a producer that may outlive a power loss of the broker, because it
    /// may commit afterwards. Any other value answers when they are visible, which is enough for a producer in the broker's process: the end of the
    /// transaction flushes them.
    /// </param>
    /// <param name="groupInstanceId">The id of a static member; null for a dynamic one.</param>
    public async ValueTask<IReadOnlyList<PartitionResult>> CommitOffsetsAsync(
        string transactionalId,
        long producerId,
        short producerEpoch,
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        TransactionVersion version,
        Acks acks = Acks.All,
        string? groupInstanceId = null)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        ErrorCode added = _closed.IsSet ? s_closed.Error : version == TransactionVersion.V2
            ? await AddOffsetsAsync(transactionalId, producerId, producerEpoch, groupId, version).ConfigureAwait(false)
            : ErrorCode.None;
        if (added != ErrorCode.None)
        {
            return [.. offsets.Select(offset => new PartitionResult(offset.Key, added))];
        }

        return await _offsets.CommitInTransactionAsync(groupId, memberId, generationId, groupInstanceId, producerId, producerEpoch, isDurable: acks == Acks.All, offsets).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends the producer's transaction; the result contains the producer id and epoch for
    /// the next one. Completes when the outcome is visible and on disk. A repeated request
    /// returns the same result.
    /// </summary>
    public ValueTask<InitProducerIdResult> EndAsync(string transactionalId, long producerId, short producerEpoch, bool isCommit, TransactionVersion version)
    {
        ArgumentNullException.ThrowIfNull(transactionalId);
        return _closed.IsSet ? new ValueTask<InitProducerIdResult>(s_closed) : _coordinator.EndAsync(transactionalId, producerId, producerEpoch, isCommit, version);
    }

    /// <summary>Lists transactional ids in ordinal order.</summary>
    public IReadOnlyList<TransactionListing> List() =>
        [.. _store.All.Select(static transaction => (transaction.TransactionalId, transaction.State)).Where(static transaction => transaction.State is not null)
            .Select(static transaction => new TransactionListing(transaction.TransactionalId, transaction.State!.ProducerId, transaction.State.State))];

    /// <summary>Describes a transactional id; null if it is unknown.</summary>
    public TransactionDescription? Describe(string transactionalId)
    {
        ArgumentNullException.ThrowIfNull(transactionalId);
        return _store.Find(transactionalId)?.State is { } state
            ? new TransactionDescription(
                transactionalId,
                state.State,
                state.ProducerId,
                state.Epoch,
                state.TimeoutMs,
                state.StartMs,
                [.. (state.Partitions ?? []).OrderBy(static partition => partition.Topic, StringComparer.Ordinal).ThenBy(static partition => partition.Partition)])
            : null;
    }

    /// <summary>
    /// Lists the producers in a partition's state; null if the partition does not exist.
    /// </summary>
    public IReadOnlyList<ProducerDescription>? DescribeProducers(TopicPartition partition) => _topics.Find(partition) is { } log
        ? [.. log.Producers.All.Where(static producer => producer.Epoch >= 0).OrderBy(static producer => producer.ProducerId).Select(static producer => new ProducerDescription(
            producer.ProducerId, producer.Epoch, producer.LastSequence, producer.LastTimestamp, producer.CoordinatorEpoch, producer.TransactionFirstOffset))]
        : null;

    /// <summary>
    /// Ends a producer's open transaction in a partition with an ABORT marker, regardless
    /// of the coordinator's state: the last resort if read_committed readers are blocked
    /// (KIP-664).
    /// </summary>
    public async ValueTask<ErrorResult> AbortAsync(TopicPartition partition, long producerId, short producerEpoch, int coordinatorEpoch)
    {
        if (_closed.IsSet)
        {
            return new ErrorResult(s_closed.Error, s_closed.Message);
        }

        if (_topics.Find(partition) is not { } log)
        {
            return AppendRequests.Missing(_topics, partition);
        }

        if (DescribeProducers(partition)!.All(producer => producer.ProducerId != producerId || producer.TransactionStartOffset < 0))
        {
            return new ErrorResult(ErrorCode.InvalidTxnState, $"Producer {producerId} has no open transaction in {partition}.");
        }

        var marker = new TransactionMarker(producerId, producerEpoch, IsCommit: false, coordinatorEpoch, BumpsEpoch: false);
        return await _completer.WriteMarkerByHandAsync(log, marker).ConfigureAwait(false);
    }
}
