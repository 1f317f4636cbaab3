using System.Runtime.CompilerServices;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Embedded;

/// <summary>Appends to the embedded engine, on the calling thread. Thread-safe.</summary>
internal sealed class EmbeddedProducerTransport(Broker broker, EmbeddedTopics topics) : IProducerTransport
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
    public ValueTask<ProducerIdentityResult> InitProducerIdAsync()
    {
        InitProducerIdResult result = broker.InitProducerId();
        return new(new ProducerIdentityResult(result.Error, new ProducerIdentity(result.ProducerId, result.ProducerEpoch), result.Message));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ProduceResult> WhenAcknowledgedAsync(ValueTask<AppendResult> appended) =>
        ToProduceResult(await appended.ConfigureAwait(false));

    private static ProduceResult ToProduceResult(AppendResult result) =>
        new(result.Error, result.BaseOffset, result.LogAppendTimeMs, result.Message);
}
