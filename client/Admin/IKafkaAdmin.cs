using Zurau.Engine.Common;

namespace Zurau;

/// <summary>
/// Administers topics, groups and transactions. Thread-safe. Failures are
/// <see cref="KafkaException"/>s with Kafka's error code.
/// </summary>
public interface IKafkaAdmin
{
    /// <summary>
    /// Creates a topic; <see cref="ErrorCode.TopicAlreadyExists"/> if it exists.
    /// </summary>
    Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Creates topics, each durably or not at all, with shared flushes, so that this is
    /// much faster than one by one. Returns the results in order;
    /// <see cref="ErrorCode.TopicAlreadyExists"/> if a topic exists. Does not throw if a
    /// topic fails.
    /// </summary>
    Task<IReadOnlyList<ErrorResult>> CreateTopicsAsync(IReadOnlyList<NewTopic> topics, CancellationToken cancellationToken = default);

    /// <summary>Lists topics in ordinal order; internal topics only on request.</summary>
    Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(bool includeInternal = false, CancellationToken cancellationToken = default);

    /// <summary>
    /// Describes one topic; <see cref="ErrorCode.UnknownTopicOrPartition"/> if it does not
    /// exist.
    /// </summary>
    Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Changes settings of a topic; other settings are kept. The changes are effective when
    /// the task completes.
    /// </summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.InvalidConfig"/>: a name or
    /// value is invalid; nothing was changed.</exception>
    Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default);

    /// <summary>Lists the effective settings of a topic with their sources.</summary>
    Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the records of a partition below an offset unreadable, durably; -1 means all
    /// records. Returns the new first offset.
    /// </summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.OffsetOutOfRange"/>: the
    /// offset is above the end.</exception>
    Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default);

    /// <summary>Deletes a topic with its records.</summary>
    Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists the first readable offset and the end offset of every partition of a topic, by
    /// partition number.
    /// </summary>
    Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Lists a group's committed offsets by partition.</summary>
    Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default);

    /// <summary>Lists transactional ids in ordinal order; without a filter all of them.</summary>
    Task<IReadOnlyList<TransactionListing>> ListTransactionsAsync(TransactionFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Describes a transactional id; <see cref="ErrorCode.TransactionalIdNotFound"/> if it
    /// is unknown.
    /// </summary>
    Task<TransactionDescription> DescribeTransactionAsync(string transactionalId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists the producers in a partition's state by producer id, with their open
    /// transactions.
    /// </summary>
    Task<IReadOnlyList<ProducerDescription>> DescribeProducersAsync(TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds hanging transactions: open in a partition for longer than the maximum timeout,
    /// while their coordinator has no open transaction with the partition. They block
    /// read_committed readers.
    /// </summary>
    /// <param name="openFor">The minimum age by the last record's timestamp; null for 15
    /// minutes, Kafka's default.</param>
    /// <param name="topic">The topic to search; null for all.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    Task<IReadOnlyList<HangingTransaction>> FindHangingTransactionsAsync(
        TimeSpan? openFor = null,
        string? topic = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a producer's open transaction in one partition with an ABORT marker, regardless
    /// of its coordinator's state. A last resort: if the coordinator commits the
    /// transaction later, this partition's records are missing.
    /// </summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.InvalidTxnState"/>: the
    /// producer has no open transaction in the partition;
    /// <see cref="ErrorCode.InvalidProducerEpoch"/>: the partition has a newer
    /// epoch.</exception>
    Task AbortTransactionAsync(HangingTransaction transaction, CancellationToken cancellationToken = default);

    /// <summary>
    /// Fences the producers of a transactional id and aborts their open transaction.
    /// Returns the new producer id and epoch.
    /// </summary>
    Task<FencedProducer> FenceProducerAsync(string transactionalId, CancellationToken cancellationToken = default);
}
