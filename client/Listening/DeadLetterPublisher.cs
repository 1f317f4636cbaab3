using Microsoft.Extensions.Logging;
using Zurau.Producing;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// Writes dead letters and waits until they are on disk (acks=all): only then may the source's offset be committed. Creates its producer
/// with the first one. Not thread-safe.
/// </summary>
internal sealed class DeadLetterPublisher(IKafkaTransport transport, ListenerSettings settings, ILogger logger) : IAsyncDisposable
{
    // One record at a time, of any size that the topic accepts. The listener itself tries again, with a back-off of its own.
    private static readonly ProducerOptions s_options = new()
    {
        Acks = Acks.All,
        LingerMs = 0,
        Retries = 0,
        MaxRequestSize = int.MaxValue,
        BufferMemory = int.MaxValue,
    };

    /// <summary>Partitions of the dead-letter topics that are known to exist.</summary>
    private readonly Dictionary<string, int> _partitions = new(StringComparer.Ordinal);

    private Producer<byte[]?, byte[]?>? _producer;

    /// <summary>The dead-letter topic of a topic.</summary>
    public string TopicOf(string source) => source + settings.DeadLetterSuffix;

    /// <summary>Publishes a record's key and value unchanged, to the same partition number where there is one.</summary>
    /// <exception cref="KafkaException">It was not written.</exception>
    public async ValueTask<RecordMetadata> PublishAsync(ConsumerRecord<byte[]?, byte[]?> record, DeadLetterFailure failure)
    {
        string topic = TopicOf(record.TopicPartition.Topic);
        int partitions = await EnsureTopicAsync(transport.Admin, record.TopicPartition.Topic, topic).ConfigureAwait(false);
        var target = new TopicPartition(topic, Partition(record, partitions));
        Headers headers = DeadLetterHeaders.Of(record, failure, settings.GroupId);
        DateTimeOffset now = transport.TimeProvider.GetUtcNow();
        try
        {
            return await SendAsync(target, record, headers, now).ConfigureAwait(false);
        }
        catch (KafkaException e) when (e.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge)
        {
            ListenerLog.StackTraceLeftOut(logger, settings.Id, record.TopicPartition, record.Offset);
            return await SendAsync(target, record, DeadLetterHeaders.WithoutStackTraces(headers), now).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _producer?.DisposeAsync() ?? default;

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
            partitions = (await admin.DescribeTopicAsync(deadLetters).ConfigureAwait(false)).Partitions;
        }
        catch (KafkaException e) when (e.Error == ErrorCode.UnknownTopicOrPartition)
        {
            partitions = (await admin.DescribeTopicAsync(source).ConfigureAwait(false)).Partitions;
            try
            {
                await admin.CreateTopicAsync(new NewTopic(deadLetters, partitions)).ConfigureAwait(false);
                ListenerLog.TopicCreated(logger, deadLetters, partitions);
            }
            catch (KafkaException exists) when (exists.Error == ErrorCode.TopicAlreadyExists)
            {
                partitions = (await admin.DescribeTopicAsync(deadLetters).ConfigureAwait(false)).Partitions;
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

    private async ValueTask<RecordMetadata> SendAsync(
        TopicPartition target,
        ConsumerRecord<byte[]?, byte[]?> record,
        Headers headers,
        DateTimeOffset now)
    {
        _producer ??= new Producer<byte[]?, byte[]?>(transport, s_options);
        try
        {
            return await _producer.SendAsync(new ProducerRecord<byte[]?, byte[]?>(target.Topic, record.Key, record.Value)
            {
                Partition = target.Partition,
                Timestamp = now,
                Headers = headers,
            }).ConfigureAwait(false);
        }
        catch (KafkaException)
        {
            // The topic may have been deleted or changed since.
            _partitions.Remove(target.Topic);
            throw;
        }
    }
}
