using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Embedded.Producing;

/// <summary>Appends the batches of producers and gives producers their identities; the embedded engine, or a test's log. Thread-safe.</summary>
internal interface IBatchLog
{
    /// <summary>
    /// True if a batch is in the log, or refused, before <see cref="ProduceAsync"/> returns, and only its durability is waited for: then
    /// order sets no limit to the batches that are without an answer.
    /// </summary>
    bool DecidesAtOnce { get; }

    /// <summary>
    /// The number of partitions of a topic, creating it where that is allowed; fast once known.
    /// </summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created, or its name is forbidden.</exception>
    int PartitionCount(string topic);

    /// <summary>
    /// Appends one v2 batch (base offset 0), which was built in this process. The bytes are copied before the call returns. The task
    /// completes as the acks say, never on another producer's thread.
    /// </summary>
    ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks);

    /// <summary>
    /// Gives a producer its identity. With a transactional id the producers that had it before are fenced, and an open transaction of
    /// theirs is aborted: <see cref="ErrorCode.ConcurrentTransactions"/> until that is done.
    /// </summary>
    /// <param name="transactionalId">The transactional id; null for a producer without transactions.</param>
    /// <param name="transactionTimeoutMs">How long one of its transactions may be open.</param>
    /// <param name="current">What it had before, to be bumped; <see cref="ProducerIdentity.None"/> for a new producer.</param>
    ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current);

    /// <summary>Adds a partition to the producer's transaction, which begins with the first one.</summary>
    ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition);

    /// <summary>Commits offsets (the next ones to read) as part of the producer's transaction, which begins with them if it has not.</summary>
    ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets);

    /// <summary>
    /// Ends the producer's transaction; the answer has the identity to go on with. What it committed is durable and visible when the
    /// task completes. The same call again gets the same answer.
    /// </summary>
    ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit);
}
