using Zurau.Engine.Common;

namespace Zurau;

/// <summary>Administers topics, groups and transactions. Thread-safe. Failures are <see cref="KafkaException"/>s with Kafka's code.</summary>
public interface IKafkaAdmin
{
    /// <summary>Creates a topic; <see cref="ErrorCode.TopicAlreadyExists"/> where it is there.</summary>
    Task CreateTopicAsync(NewTopic topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Creates topics, each durably or not at all, much faster than one by one: they share the flushes. Returns what became of each, in their
    /// order; <see cref="ErrorCode.TopicAlreadyExists"/> where it is there. Throws for no topic's failure.
    /// </summary>
    Task<IReadOnlyList<ErrorResult>> CreateTopicsAsync(IReadOnlyList<NewTopic> topics, CancellationToken cancellationToken = default);

    /// <summary>Lists topics in ordinal order; internal ones only when asked.</summary>
    Task<IReadOnlyList<TopicDescription>> ListTopicsAsync(bool includeInternal = false, CancellationToken cancellationToken = default);

    /// <summary>Describes one topic; <see cref="ErrorCode.UnknownTopicOrPartition"/> where there is none.</summary>
    Task<TopicDescription> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Changes settings of a topic; the others stay. They count when the task completes.</summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.InvalidConfig"/>: a name or value is wrong; nothing was changed.</exception>
    Task AlterTopicConfigsAsync(string topic, IReadOnlyList<ConfigChange> changes, CancellationToken cancellationToken = default);

    /// <summary>Every setting of a topic as it counts, and where it comes from.</summary>
    Task<IReadOnlyList<ConfigEntry>> DescribeTopicConfigsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes the records of a partition below an offset unreadable, durably; -1 means all there are. Returns the first offset that is left.
    /// </summary>
    /// <exception cref="KafkaException"><see cref="ErrorCode.OffsetOutOfRange"/>: the offset is behind the end.</exception>
    Task<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken = default);

    /// <summary>Deletes a topic with its data.</summary>
    Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>The first readable offset and the end of every partition of a topic, by partition number.</summary>
    Task<IReadOnlyList<OffsetRange>> ListOffsetsAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>What a group committed, by partition.</summary>
    Task<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata>> ListConsumerGroupOffsetsAsync(
        string groupId,
        CancellationToken cancellationToken = default);

    /// <summary>Lists transactional ids in ordinal order; without a filter all of them.</summary>
    Task<IReadOnlyList<TransactionListing>> ListTransactionsAsync(TransactionFilter? filter = null, CancellationToken cancellationToken = default);

    /// <summary>Describes a transactional id; <see cref="ErrorCode.TransactionalIdNotFound"/> where it is not known.</summary>
    Task<TransactionDescription> DescribeTransactionAsync(string transactionalId, CancellationToken cancellationToken = default);

    /// <summary>The producers that a partition knows, by producer id, with what they have open there.</summary>
    Task<IReadOnlyList<ProducerDescription>> DescribeProducersAsync(TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>
    /// Finds transactions that nobody will end: open in a partition for longer than any may be, and their coordinator does not have the
    /// partition in an open transaction of theirs. Readers of committed records wait before them.
    /// </summary>
    /// <param name="openFor">The age by the last record's time; null for 15 minutes, Kafka's default.</param>
    /// <param name="topic">The topic to look at; null for all.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    Task<IReadOnlyList<HangingTransaction>> FindHangingTransactionsAsync(
        TimeSpan? openFor = null,
        string? topic = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends what a producer has open in one partition with an ABORT marker, whatever its coordinator knows of it. The last resort: a
    /// transaction that its coordinator later commits would lack this partition.
    /// </summary>
    /// <exception cref="KafkaException">
    /// <see cref="ErrorCode.InvalidTxnState"/>: nothing of the producer is open there; <see cref="ErrorCode.InvalidProducerEpoch"/>: the
    /// partition knows a newer epoch.
    /// </exception>
    Task AbortTransactionAsync(HangingTransaction transaction, CancellationToken cancellationToken = default);

    /// <summary>
    /// Fences the producers that have a transactional id and aborts what they have open. Returns the identity that nobody has now.
    /// </summary>
    Task<FencedProducer> FenceProducerAsync(string transactionalId, CancellationToken cancellationToken = default);
}
