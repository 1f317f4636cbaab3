using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>Passes calls on; while it is busy, it answers those of the transaction coordinator with CONCURRENT_TRANSACTIONS.</summary>
internal sealed class BusyTransport(IKafkaTransport inner) : IKafkaTransport, IProducerTransport
{
    private static readonly ProducerIdentityResult s_busy = new(ErrorCode.ConcurrentTransactions, ProducerIdentity.None, "busy.");

    internal bool IsBusy { get; set; }

    public string Description => inner.Description;

    public TimeProvider TimeProvider => inner.TimeProvider;

    public IDutyPump DutyPump => inner.DutyPump;

    public IProducerTransport Producer => this;

    public IKafkaAdmin Admin => inner.Admin;

    public bool DecidesAtOnce => inner.Producer.DecidesAtOnce;

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => inner.CreateConsumer(options);

    public int PartitionCount(string topic) => inner.Producer.PartitionCount(topic);

    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks) => inner.Producer.ProduceAsync(partition, batch, acks);

    public ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current) =>
        IsBusy ? new(s_busy) : inner.Producer.InitProducerIdAsync(transactionalId, transactionTimeoutMs, current);

    public ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition) =>
        inner.Producer.AddPartitionToTransactionAsync(transactionalId, identity, partition);

    public ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        inner.Producer.AddOffsetsToTransactionAsync(transactionalId, identity, group, offsets);

    public ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit) =>
        IsBusy ? new(s_busy) : inner.Producer.EndTransactionAsync(transactionalId, identity, isCommit);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
