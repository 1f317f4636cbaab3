using Microsoft.Extensions.Logging;
using Zurau.Engine.Records;
using Zurau.Producing;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>Writes dead letters and waits until they are on disk (acks=all): only then may the source's offset be committed.</summary>
internal sealed class DeadLetterPublisher(IKafkaTransport transport, ListenerSettings settings, ILogger logger)
{
    /// <summary>Partitions of the dead-letter topics that are known to exist.</summary>
    private readonly Dictionary<string, int> _partitions = new(StringComparer.Ordinal);

    /// <summary>The dead-letter topic of a topic.</summary>
    public string TopicOf(string source) => source + settings.DeadLetterSuffix;

    /// <summary>Publishes a record's key and value unchanged, to the same partition number where there is one.</summary>
    /// <exception cref="KafkaException">It was not written.</exception>
    public async ValueTask<RecordMetadata> PublishAsync(ConsumerRecord<byte[]?, byte[]?> record, DeadLetterFailure failure)
    {
        string topic = TopicOf(record.TopicPartition.Topic);
        int partitions = await EnsureTopicAsync(transport.Admin, record.TopicPartition.Topic, topic);
        var target = new TopicPartition(topic, Partition(record, partitions));
        Headers headers = DeadLetterHeaders.Of(record, failure, settings.GroupId);
        DateTimeOffset now = transport.TimeProvider.GetUtcNow();
        ProduceResult result = await ProduceAsync(target, record, headers, now);
        if (result.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge)
        {
            ListenerLog.StackTraceLeftOut(logger, settings.Id, record.TopicPartition, record.Offset);
            result = await ProduceAsync(target, record, DeadLetterHeaders.WithoutStackTraces(headers), now);
        }

        if (result.Error != ErrorCode.None)
        {
            // The topic may have been deleted or changed since.
            _partitions.Remove(topic);
            throw KafkaException.For(result.Error, result.Message ?? $"{target} refused the dead letter: {result.Error}.");
        }

        return new RecordMetadata(target, result.BaseOffset, now);
    }

    /// <summary>
    /// Creates a topic's dead-letter topic with as many partitions, where it does not exist, and gives its number of partitions.
    /// </summary>
    public async ValueTask<int> EnsureTopicAsync(IKafkaAdmin admin, string source, string deadLetters)
    {
        if (_partitions.TryGetValue(deadLetters, out int known))
        {
            return known;
        }

        int partitions;
        try
        {
            partitions = (await admin.DescribeTopicAsync(deadLetters)).Partitions;
        }
        catch (KafkaException e) when (e.Error == ErrorCode.UnknownTopicOrPartition)
        {
            partitions = (await admin.DescribeTopicAsync(source)).Partitions;
            try
            {
                await admin.CreateTopicAsync(new NewTopic(deadLetters, partitions));
                ListenerLog.TopicCreated(logger, deadLetters, partitions);
            }
            catch (KafkaException exists) when (exists.Error == ErrorCode.TopicAlreadyExists)
            {
                partitions = (await admin.DescribeTopicAsync(deadLetters)).Partitions;
            }
        }

        _partitions[deadLetters] = partitions;
        return partitions;
    }

    /// <summary>Where the number does not exist the key decides, as Kafka's partitioner would; records without a key are spread.</summary>
    private static int Partition(ConsumerRecord<byte[]?, byte[]?> record, int partitions) =>
        record.TopicPartition.Partition < partitions ? record.TopicPartition.Partition
        : record.Key is { } key ? Murmur2.Partition(key, partitions)
        : (int)(record.Offset % partitions);

    private ValueTask<ProduceResult> ProduceAsync(
        TopicPartition target,
        ConsumerRecord<byte[]?, byte[]?> record,
        Headers headers,
        DateTimeOffset now)
    {
        int headersSize = RecordBatchBuilder.SizeOfHeaders(headers);
        int size = BatchLayout.HeaderSize
            + RecordBatchBuilder.SizeUpperBound(record.Key?.Length ?? -1, record.Value?.Length ?? -1, headersSize);
        var batch = new RecordBatchBuilder(new byte[size]);
        batch.Append(now.ToUnixTimeMilliseconds(), record.Key, record.Key is null, record.Value, record.Value is null, headers);
        return transport.Producer.ProduceAsync(target, batch.Build(), Acks.All);
    }
}
