using Zurau.Engine.Records;

namespace Zurau.Producing;

/// <summary>Refuses records that could never be delivered.</summary>
internal sealed class RecordLimits(ProducerOptions options)
{
    internal static KafkaException NoSuchPartition(TopicPartition partition, int count) => new(
        ErrorCode.UnknownTopicOrPartition,
        $"topic '{partition.Topic}' has {count} {(count == 1 ? "partition" : "partitions")}; partition {partition.Partition} does not exist");

    internal static int CheckPartition(TopicQueues topic, int partition) =>
        (uint)partition < (uint)topic.Partitions.Length
            ? partition
            : throw NoSuchPartition(new TopicPartition(topic.Name, partition), topic.Partitions.Length);

    internal void CheckSize(int sizeUpperBound)
    {
        long size = (long)sizeUpperBound + BatchLayout.HeaderSize;
        if (size > options.MaxRequestSize)
        {
            throw new KafkaException(
                ErrorCode.MessageTooLarge,
                $"The record takes {size} bytes, max.request.size={options.MaxRequestSize}. Send less, or raise max.request.size (and max.message.bytes of the topic).");
        }

        if (size > options.BufferMemory)
        {
            throw new KafkaException(
                ErrorCode.MessageTooLarge,
                $"The record takes {size} bytes, buffer.memory={options.BufferMemory}. Send less, or raise buffer.memory.");
        }
    }
}
