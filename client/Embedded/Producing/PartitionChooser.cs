using Zurau.Producing;
using Zurau.Transport;

namespace Zurau.Embedded.Producing;

/// <summary>Chooses the partition of a record: the one it names, else the partitioner's, else the topic's sticky one. Thread-safe.</summary>
internal sealed class PartitionChooser(ProducerOptions options, int randomSeed)
{
    private readonly IPartitioner _partitioner = Partitioners.For(options, randomSeed);

    // A partitioner of the user's own decides about keys itself, as in the Java client.
    private readonly bool _ignoresKeys = options is { PartitionerIgnoreKeys: true, CustomPartitioner: null, PartitionerFunction: null };

    /// <summary>Chooses, asking the partitioner once: a partition, or <see cref="IPartitioner.Any"/> for the topic's sticky one.</summary>
    /// <exception cref="KafkaException">The partition does not exist.</exception>
    internal int Choose<TValue>(in OutgoingRecord<TValue> record, TopicQueues topic)
    {
        int count = topic.Partitions.Length;
        if (record.Partition is { } given)
        {
            return (uint)given < (uint)count ? given : throw NoSuchPartition(new TopicPartition(topic.Name, given), count);
        }

        if (_ignoresKeys && options.Partitioner != PartitionerType.RoundRobin)
        {
            return IPartitioner.Any;
        }

        int chosen = _partitioner.Choose(topic.Name, record.Key, record.KeySize < 0, count);
        return chosen == IPartitioner.Any || (uint)chosen < (uint)count ? chosen : throw NoSuchPartition(new TopicPartition(topic.Name, chosen), count);
    }

    internal static KafkaException NoSuchPartition(TopicPartition partition, int count) => KafkaException.For(
        ErrorCode.UnknownTopicOrPartition,
        $"topic '{partition.Topic}' has {count} {(count == 1 ? "partition" : "partitions")}; partition {partition.Partition} does not exist");
}
