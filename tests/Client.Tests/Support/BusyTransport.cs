using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Embedded;
using Zurau.Embedded.Producing;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>Passes calls on; while it is busy, it answers those of the transaction coordinator with CONCURRENT_TRANSACTIONS.</summary>
internal sealed class BusyTransport(EmbeddedTransport inner) : IKafkaTransport, IBatchLog
{
    private static readonly ProducerIdentityResult s_busy = new(ErrorCode.ConcurrentTransactions, ProducerIdentity.None, "busy.");

    internal bool IsBusy { get; set; }

    public string Description => inner.Description;

    public TimeProvider TimeProvider => inner.TimeProvider;

    public IKafkaAdmin Admin => inner.Admin;

    public bool DecidesAtOnce => inner.BatchLog.DecidesAtOnce;

    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed) =>
        new EmbeddedProducer(new RecordAccumulator(this, inner.DutyPump, TimeProvider, options, randomSeed ?? 7, loggers.CreateLogger("Zurau.Producer")));

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => inner.CreateConsumer(options);

    public int PartitionCount(string topic) => inner.BatchLog.PartitionCount(topic);

    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks) => inner.BatchLog.ProduceAsync(partition, batch, acks);

    public ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current) =>
        IsBusy ? new(s_busy) : inner.BatchLog.InitProducerIdAsync(transactionalId, transactionTimeoutMs, current);

    public ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition) =>
        inner.BatchLog.AddPartitionToTransactionAsync(transactionalId, identity, partition);

    public ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        inner.BatchLog.AddOffsetsToTransactionAsync(transactionalId, identity, group, offsets);

    public ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit) =>
        IsBusy ? new(s_busy) : inner.BatchLog.EndTransactionAsync(transactionalId, identity, isCommit);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
