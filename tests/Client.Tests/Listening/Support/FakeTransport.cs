using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Embedded.Producing;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Listening.Support;

/// <summary>
/// A cluster in memory for tests of the listener: records in lists, real v2 batches on
/// the way, every commit, seek, pause and resume noted in <see cref="Events"/> as the
/// Spring traces note them. Failures are scripted. One lock guards everything.
/// </summary>
internal sealed class FakeTransport : IKafkaTransport, IBatchLog, IKafkaAdmin
{
    private readonly Dictionary<string, List<RawFakeRecord>[]> _topics = new(StringComparer.Ordinal);
    private readonly List<string> _events = [];

    public FakeTransport(SteppedTime time) => Time = time;

    public Lock Lock { get; } = new();

    public SteppedTime Time { get; }

    /// <summary>Committed offsets by group and partition.</summary>
    public Dictionary<(string Group, TopicPartition Partition), long> Committed { get; } = [];

    /// <summary>Answers to the next commits; when it is empty they succeed.</summary>
    public Queue<ErrorCode> CommitErrors { get; } = new();

    /// <summary>Answers to the next appends; when it is empty they succeed.</summary>
    public Queue<ErrorCode> ProduceErrors { get; } = new();

    /// <summary>
    /// Ends of the next commits: each is answered, and takes effect, when its task ends.
    /// When it is empty commits are answered at once.
    /// </summary>
    public Queue<Task<ErrorCode>> HeldCommits { get; } = new();

    /// <summary>The same for the next appends of producers.</summary>
    public Queue<Task<ErrorCode>> HeldAppends { get; } = new();

    /// <summary>What the next polls throw; when it is empty they work.</summary>
    public Queue<Exception> PollErrors { get; } = new();

    /// <summary>
    /// Whether the next fetches are damaged on their way; when it is empty they are not.
    /// </summary>
    public Queue<bool> CorruptFetches { get; } = new();

    /// <summary>
    /// Largest value that a topic takes, headers included; larger ones are
    /// <see cref="ErrorCode.MessageTooLarge"/>.
    /// </summary>
    public int MaxBatchBytes { get; set; } = int.MaxValue;

    /// <summary>Records of one fetch.</summary>
    public int RecordsPerFetch { get; set; } = 1000;

    public List<FakeConsumer> Consumers { get; } = [];

    public string Description => "fake cluster";

    public TimeProvider TimeProvider => Time;

    public bool DecidesAtOnce => true;

    public IKafkaAdmin Admin => this;

    public IReadOnlyList<string> Events
    {
        get
        {
            lock (Lock)
            {
                return [.. _events];
            }
        }
    }

    public void Note(string text)
    {
        lock (Lock)
        {
            _events.Add(text);
        }
    }

    public ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current) =>
        new(new ProducerIdentityResult(ErrorCode.None, new ProducerIdentity(1, 0), null));

    // Its duties are never stepped: no test sends through a producer's linger.
    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed) =>
        new EmbeddedProducer(new RecordAccumulator(this, new SteppedPump(Time), Time, options, randomSeed ?? 7, loggers.CreateLogger("Zurau.Producer")));

    public IConsumerTransport CreateConsumer(ConsumerOptions options)
    {
        var consumer = new FakeConsumer(this, options);
        Consumers.Add(consumer);
        return consumer;
    }

    public FakeTransport AddTopic(string name, int partitions)
    {
        lock (Lock)
        {
            _topics[name] = [.. Enumerable.Range(0, partitions).Select(_ => new List<RawFakeRecord>())];
        }

        return this;
    }

    public bool HasTopic(string name)
    {
        lock (Lock)
        {
            return _topics.ContainsKey(name);
        }
    }

    /// <summary>Appends a record; the timestamp is that of the golden traces.</summary>
    public void Append(TopicPartition partition, byte[]? key, byte[]? value, Headers? headers = null)
    {
        lock (Lock)
        {
            List<RawFakeRecord> log = Log(partition);
            log.Add(new RawFakeRecord(key, value, headers ?? Headers.Empty, 1_700_000_000_000 + log.Count));
        }

        Consumers.ForEach(consumer => consumer.Wakeup());
    }

    public IReadOnlyList<RawFakeRecord> Records(string topic, int partition = 0)
    {
        lock (Lock)
        {
            return [.. _topics[topic][partition]];
        }
    }

    public List<RawFakeRecord> Log(TopicPartition partition) => _topics[partition.Topic][partition.Partition];

    public IEnumerable<TopicPartition> Partitions(string topic) =>
        Enumerable.Range(0, _topics.GetValueOrDefault(topic)?.Length ?? 0).Select(partition => new TopicPartition(topic, partition));

    public int PartitionCount(string topic) => _topics[topic].Length;

    public ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition) => throw new NotSupportedException();

    public ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => throw new NotSupportedException();

    public ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit) => throw new NotSupportedException();

    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks)
    {
        lock (Lock)
        {
            Note($"send:{partition}:acks={acks}");
            return HeldAppends.TryDequeue(out Task<ErrorCode>? held) ? AppendAfterAsync(held, partition, batch) : Append(partition, batch);
        }
    }

    private async ValueTask<ProduceResult> AppendAfterAsync(Task<ErrorCode> held, TopicPartition partition, BuiltBatch batch)
    {
        ErrorCode error = await held;
        return error == ErrorCode.None ? await Append(partition, batch) : new ProduceResult(error, -1, -1, $"scripted {error}");
    }

    private ValueTask<ProduceResult> Append(TopicPartition partition, BuiltBatch batch)
    {
        lock (Lock)
        {
            if (ProduceErrors.TryDequeue(out ErrorCode error))
            {
                return new(new ProduceResult(error, -1, -1, $"scripted {error}"));
            }

            if (batch.SizeBytes > MaxBatchBytes)
            {
                return new(new ProduceResult(ErrorCode.MessageTooLarge, -1, -1, "too large"));
            }

            Assert.True(RecordBatchView.TryRead(batch.Span, out RecordBatchView view));
            Assert.True(view.IsCrcValid());
            List<RawFakeRecord> log = Log(partition);
            long baseOffset = log.Count;
            RecordReader records = view.Records();
            while (records.Read())
            {
                log.Add(new RawFakeRecord(
                    records.IsKeyNull ? null : records.Key.ToArray(),
                    records.IsValueNull ? null : records.Value.ToArray(),
                    records.Headers.ToHeaders(),
                    records.Timestamp));
            }

            return new(new ProduceResult(ErrorCode.None, baseOffset, -1, null));
        }
    }

    public Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default)
    {
        if (HasTopic(topic.Name))
        {
            throw new KafkaException(ErrorCode.TopicAlreadyExists, $"topic '{topic.Name}' exists");
        }

        AddTopic(topic.Name, Math.Max(1, topic.Partitions));
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<ErrorResult>> CreateTopicsAsync(IReadOnlyList<NewTopic> topics, CancellationToken cancellationToken = default)
    {
        var results = new List<ErrorResult>();
        foreach (NewTopic topic in topics)
        {
            try
            {
                await CreateTopicAsync(topic, cancellationToken);
                results.Add(ErrorResult.None);
            }
            catch (KafkaException exception)
            {
                results.Add(new ErrorResult(exception.Error, exception.Message));
            }
        }

        return results;
    }

    public Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        lock (Lock)
        {
            return _topics.TryGetValue(topic, out List<RawFakeRecord>[]? partitions)
                ? Task.FromResult(new TopicDescription(topic, default, partitions.Length, 1, new Dictionary<string, string>(), false))
                : throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"topic '{topic}' does not exist");
        }
    }

    public Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(bool includeInternal = false, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<IReadOnlyList<TransactionListing>> ListTransactionsAsync(TransactionFilter? filter = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<TransactionDescription> DescribeTransactionAsync(string transactionalId, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<ProducerDescription>> DescribeProducersAsync(TopicPartition partition, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<HangingTransaction>> FindHangingTransactionsAsync(TimeSpan? openFor = null, string? topic = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task AbortTransactionAsync(HangingTransaction transaction, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<FencedProducer> FenceProducerAsync(string transactionalId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}
