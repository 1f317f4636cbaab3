using System.Runtime.CompilerServices;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Embedded.Producing;

/// <summary>Appends to the embedded engine, on the calling thread. Thread-safe.</summary>
internal sealed class EmbeddedBatchLog(Broker broker, EmbeddedTopics topics) : IBatchLog
{
    /// <inheritdoc/>
    public bool DecidesAtOnce => true;

    /// <inheritdoc/>
    public int PartitionCount(string topic) => topics.Get(topic, mayCreate: true).Partitions;

    /// <inheritdoc/>
    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks)
    {
        ValueTask<AppendResult> appended = broker.AppendAsync(partition, batch, acks);
        return appended.IsCompletedSuccessfully
            ? new ValueTask<ProduceResult>(ToProduceResult(appended.Result))
            : WhenAcknowledgedAsync(appended);
    }

    /// <inheritdoc/>
    public async ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current) =>
        ToIdentityResult(transactionalId is null
            ? broker.InitProducerId()
            : await broker.Transactions.InitProducerIdAsync(transactionalId, transactionTimeoutMs, current.ProducerId, current.Epoch).ConfigureAwait(false));

    /// <inheritdoc/>
    public async ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition)
    {
        ErrorCode error = await broker.Transactions
            .AddPartitionsAsync(transactionalId, identity.ProducerId, identity.Epoch, [partition], TransactionVersion.V2)
            .ConfigureAwait(false);
        return error == ErrorCode.None
            ? ErrorResult.None
            : new ErrorResult(error, $"Partition {partition} could not be added to the transaction of '{transactionalId}': {error}.");
    }

    /// <inheritdoc/>
    public async ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        IReadOnlyList<PartitionResult> results = await broker.Transactions
            .CommitOffsetsAsync(
                transactionalId,
                identity.ProducerId,
                identity.Epoch,
                group.GroupId,
                group.MemberId,
                group.GenerationId,
                offsets,
                TransactionVersion.V2,
                Acks.Leader) // As its records: this producer does not outlive the broker, and the end of the transaction flushes them.
            .ConfigureAwait(false);
        PartitionResult failed = results.FirstOrDefault(static result => result.Error != ErrorCode.None);
        return failed.Error == ErrorCode.None
            ? ErrorResult.None
            : new ErrorResult(failed.Error, $"Group '{group.GroupId}' did not take an offset of {failed.Partition}: {failed.Error}.");
    }

    /// <inheritdoc/>
    public async ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit) =>
        ToIdentityResult(await broker.Transactions
            .EndAsync(transactionalId, identity.ProducerId, identity.Epoch, isCommit, TransactionVersion.V2)
            .ConfigureAwait(false));

    private static ProducerIdentityResult ToIdentityResult(InitProducerIdResult result) =>
        new(result.Error, new ProducerIdentity(result.ProducerId, result.ProducerEpoch), result.Message);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ProduceResult> WhenAcknowledgedAsync(ValueTask<AppendResult> appended) =>
        ToProduceResult(await appended.ConfigureAwait(false));

    private static ProduceResult ToProduceResult(AppendResult result) =>
        new(result.Error, result.BaseOffset, result.LogAppendTimeMs, result.Message);
}
