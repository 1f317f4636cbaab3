using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Producing;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// Sends dead letters; a send ends when the dead letter is on disk (acks=all): only then may the source's offset be committed. Creates its
/// producer with the first one. Not thread-safe.
/// </summary>
internal sealed class DeadLetterPublisher(IKafkaTransport transport, ListenerSettings settings, ILogger logger) : IAsyncDisposable
{
    // Records of any size that the topic accepts. The listener itself tries again, with a back-off of its own.
    private static readonly ProducerOptions s_options = new()
    {
        Acks = Acks.All,
        LingerMs = 0,
        Retries = 0,
        MaxRequestSize = int.MaxValue,
        BufferMemory = int.MaxValue,
    };

    /// <summary>Partitions of the dead-letter topics that are known to exist. A send that fails removes one on its own thread.</summary>
    private readonly ConcurrentDictionary<string, int> _partitions = new(StringComparer.Ordinal);

    private Producer<byte[]?, byte[]?>? _producer;

    /// <summary>The dead-letter topic of a topic.</summary>
    public string TopicOf(string source) => source + settings.DeadLetterSuffix;

    /// <summary>
    /// Begins to send a record's key and value unchanged, to the same partition number where there is one. Dead letters of a partition are
    /// written in the order of the calls, but one that is too large with its stack trace is sent again without it.
    /// </summary>
    /// <returns>The send, which ends with a <see cref="KafkaException"/> if the dead letter was not written.</returns>
    /// <exception cref="KafkaException">The dead-letter topic cannot be described or created.</exception>
    public async ValueTask<Task<RecordMetadata>> BeginAsync(ConsumerRecord<byte[]?, byte[]?> record, DeadLetterFailure failure)
    {
        string topic = TopicOf(record.TopicPartition.Topic);
        int partitions = await EnsureTopicAsync(transport.Admin, record.TopicPartition.Topic, topic).ConfigureAwait(false);
        var target = new TopicPartition(topic, Partition(record, partitions));
        _producer ??= new Producer<byte[]?, byte[]?>(transport, s_options);
        return PublishAsync(_producer, target, record, DeadLetterHeaders.Of(record, failure, settings.GroupId));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _producer?.DisposeAsync() ?? default;

    private async Task<RecordMetadata> PublishAsync(
        Producer<byte[]?, byte[]?> producer,
        TopicPartition target,
        ConsumerRecord<byte[]?, byte[]?> record,
        Headers headers)
    {
        DateTimeOffset now = transport.TimeProvider.GetUtcNow();
        try
        {
            return await SendAsync(producer, target, record, headers, now).ConfigureAwait(false);
        }
        catch (KafkaException e) when (e.Error is ErrorCode.MessageTooLarge or ErrorCode.RecordListTooLarge)
        {
            ListenerLog.StackTraceLeftOut(logger, settings.Id, record.TopicPartition, record.Offset);
            return await SendAsync(producer, target, record, DeadLetterHeaders.WithoutStackTraces(headers), now).ConfigureAwait(false);
        }
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
        Producer<byte[]?, byte[]?> producer,
        TopicPartition target,
        ConsumerRecord<byte[]?, byte[]?> record,
        Headers headers,
        DateTimeOffset now)
    {
        try
        {
            return await producer.SendAsync(new ProducerRecord<byte[]?, byte[]?>(target.Topic, record.Key, record.Value)
            {
                Partition = target.Partition,
                Timestamp = now,
                Headers = headers,
            }).ConfigureAwait(false);
        }
        catch (KafkaException)
        {
            // The topic may have been deleted or changed since.
            _partitions.TryRemove(target.Topic, out _);
            throw;
        }
    }
}
