using Zurau.Engine.Records;

namespace Zurau.Transport;

/// <summary>Appends batches and says what producers are known by. Thread-safe.</summary>
public interface IProducerTransport
{
    /// <summary>
    /// True where a batch is in the log, or refused, before <see cref="ProduceAsync"/> returns, and only its durability is waited for: then
    /// order sets no limit to the batches that are without an answer.
    /// </summary>
    bool DecidesAtOnce { get; }

    /// <summary>
    /// The number of partitions of a topic, creating it where that is allowed; fast once known.
    /// </summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created, or its name is forbidden.</exception>
    int PartitionCount(string topic);

    /// <summary>
    /// Appends one v2 batch (base offset 0), which was built in this process. The bytes are copied before the call returns. The task
    /// completes as the acks say, never on another producer's thread.
    /// </summary>
    ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks);

    /// <summary>
    /// Gives a producer an identity of its own.
    /// </summary>
    ValueTask<ProducerIdentityResult> InitProducerIdAsync();
}
