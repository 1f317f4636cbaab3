using Zurau.Engine.Records;

namespace Zurau.Transport;

/// <summary>Appends batches. Thread-safe.</summary>
public interface IProducerTransport
{
    /// <summary>
    /// The number of partitions of a topic, creating it where that is allowed; fast once known.
    /// </summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created, or its name is forbidden.</exception>
    int PartitionCount(string topic);

    /// <summary>
    /// Appends one v2 batch (base offset 0), which was built in this process. The bytes are copied before the call returns. The task completes as the acks say, never
    /// on another producer's thread.
    /// </summary>
    ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks);
}
