using System.Globalization;
using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded;

/// <summary>Administers topics of the embedded engine. Thread-safe.</summary>
internal sealed partial class EmbeddedAdmin(Broker broker, EmbeddedTopics topics, ILogger logger) : IKafkaAdmin
{
    private const int FenceTimeoutMs = 1; // Of transactions that nobody begins; no broker is configured for less. As in Kafka.

    /// <inheritdoc/>
    public Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.CreateTopic(topic));
        WarnOfOneCopy(topic);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ErrorResult>> CreateTopicsAsync(IReadOnlyList<NewTopic> wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<ErrorResult> results = broker.CreateTopics(wanted);
        foreach (NewTopic created in wanted.Where((_, i) => results[i].IsSuccess))
        {
            WarnOfOneCopy(created);
        }

        return Task.FromResult(results);
    }

    private void WarnOfOneCopy(NewTopic topic)
    {
        bool wantsInSync = topic.Configs.TryGetValue(TopicConfigs.MinInsyncReplicas, out string? text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int inSync) && inSync > 1;
        if (topic.ReplicationFactor > 1 || wantsInSync)
        {
            LogOneCopy(logger, topic.Name, topic.ReplicationFactor, text ?? "1");
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(
        bool includeInternal = false,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<TopicDescription>>(
            [.. broker.ListTopics().Where(topic => includeInternal || !topic.IsInternal)]);
    }

    /// <inheritdoc/>
    public Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(topics.Get(topic, mayCreate: false));
    }

    /// <inheritdoc/>
    public Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.AlterTopicConfigs(topic, changes));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.DescribeTopicConfigs(topic, out IReadOnlyList<ConfigEntry> configs));
        return Task.FromResult(configs);
    }

    /// <inheritdoc/>
    public Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.DeleteRecords(partition, beforeOffset));
        ThrowIfFailed(broker.ListOffsets(partition, out long start, out _));
        return Task.FromResult(start);
    }

    /// <inheritdoc/>
    public async Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(await broker.DeleteTopicAsync(topic).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        cancellationToken.ThrowIfCancellationRequested();
        var ranges = new OffsetRange[topics.Get(topic, mayCreate: false).Partitions];
        for (int partition = 0; partition < ranges.Length; partition++)
        {
            ThrowIfFailed(broker.ListOffsets(new TopicPartition(topic, partition), out long start, out long end));
            ranges[partition] = new OffsetRange(start, end);
        }

        return Task.FromResult<IReadOnlyList<OffsetRange>>(ranges);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>>(broker.Groups
            .FetchOffsets(groupId, null)
            .Where(offset => offset.Committed is not null)
            .ToDictionary(offset => offset.Partition, offset => offset.Committed!.Value));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TransactionListing>> ListTransactionsAsync(TransactionFilter? filter = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IEnumerable<TransactionListing> listed = broker.Transactions.List();
        if (filter is not null)
        {
            listed = listed.Where(filter.ToPredicate());
            listed = filter.OpenFor is { } openFor ? listed.Where(listing => IsOpenFor(listing.TransactionalId, openFor)) : listed;
        }

        return Task.FromResult<IReadOnlyList<TransactionListing>>([.. listed]);
    }

    /// <inheritdoc/>
    public Task<TransactionDescription> DescribeTransactionAsync(string transactionalId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(broker.Transactions.Describe(transactionalId) ?? throw KafkaException.For(
            ErrorCode.TransactionalIdNotFound,
            $"The transactional id '{transactionalId}' is not known: no producer has initialized transactions with it, or it has expired."));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ProducerDescription>> DescribeProducersAsync(TopicPartition partition, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(broker.ListOffsets(partition, out _, out _)); // It says what is wrong with a partition that is not there.
        return Task.FromResult(broker.Transactions.DescribeProducers(partition) ?? []);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<HangingTransaction>> FindHangingTransactionsAsync(
        TimeSpan? openFor = null,
        string? topic = null,
        CancellationToken cancellationToken = default)
    {
        double ageMs = (openFor ?? TimeSpan.FromMinutes(15)).TotalMilliseconds;
        var found = new List<HangingTransaction>();
        IEnumerable<TopicDescription> searched = topic is null
            ? broker.ListTopics()
            : [await DescribeTopicAsync(topic, cancellationToken).ConfigureAwait(false)];
        foreach (TopicPartition partition in searched.SelectMany(static topic => Enumerable.Range(0, topic.Partitions).Select(number => new TopicPartition(topic.Name, number))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (ProducerDescription producer in broker.Transactions.DescribeProducers(partition) ?? [])
            {
                if (producer.TransactionStartOffset >= 0 && NowMs - producer.LastTimestampMs > ageMs && !IsCoordinated(producer.ProducerId, partition))
                {
                    found.Add(new HangingTransaction(
                        partition,
                        producer.ProducerId,
                        producer.ProducerEpoch,
                        producer.CoordinatorEpoch,
                        producer.TransactionStartOffset,
                        producer.LastTimestampMs));
                }
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public async Task AbortTransactionAsync(HangingTransaction transaction, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed(await broker.Transactions
            .AbortAsync(transaction.Partition, transaction.ProducerId, transaction.ProducerEpoch, Math.Max(0, transaction.CoordinatorEpoch))
            .ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task<FencedProducer> FenceProducerAsync(string transactionalId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        InitProducerIdResult fenced = await broker.Transactions.InitProducerIdAsync(transactionalId, FenceTimeoutMs).ConfigureAwait(false);
        ThrowIfFailed(new ErrorResult(fenced.Error, fenced.Message));
        return new FencedProducer(fenced.ProducerId, fenced.ProducerEpoch);
    }

    private long NowMs => broker.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private bool IsOpenFor(string transactionalId, TimeSpan age) =>
        broker.Transactions.Describe(transactionalId) is { State: TransactionState.Ongoing or TransactionState.PrepareCommit or TransactionState.PrepareAbort } open
        && NowMs - open.StartTimestampMs > age.TotalMilliseconds;

    private bool IsCoordinated(long producerId, TopicPartition partition) => broker.Transactions.List()
        .Where(listing => listing.ProducerId == producerId)
        .Any(listing => broker.Transactions.Describe(listing.TransactionalId)?.Partitions.Contains(partition) == true);

    private static void ThrowIfFailed(ErrorResult result)
    {
        if (!result.IsSuccess)
        {
            // An epoch that is too old is a matter of the producer that was named, not of this caller.
            throw result.Error == ErrorCode.InvalidProducerEpoch
                ? new KafkaException(result.Error, result.Message ?? "The partition knows a newer epoch of the producer.")
                : KafkaException.For(result.Error, result.Message ?? $"The engine answered {result.Error}.");
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Topic '{Topic}' asks for replication.factor={ReplicationFactor} and min.insync.replicas={InSync}; both are kept, and " +
            "the embedded engine runs one copy")]
    private static partial void LogOneCopy(ILogger logger, string topic, int replicationFactor, string inSync);
}
