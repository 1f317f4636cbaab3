namespace Zurau.Transport;

/// <summary>
/// A consumer's connection: membership, positions, records, commits. Used by one thread at a time, except for <see cref="Wakeup"/>.
/// Makes no callbacks: a rebalance is an event that <see cref="PollAsync"/> returns. Positions are fetch positions: the offset after the
/// last record that was handed out.
/// <para>
/// A position is known, not yet known (the partition is offline, or its committed offset is not settled: the transport retries, and
/// other partitions continue) or reset (<see cref="ConsumerEventKind.PositionReset"/>).
/// </para>
/// </summary>
public interface IConsumerTransport : IAsyncDisposable
{
    /// <summary>
    /// Gets the assigned partitions: those of an <see cref="ConsumerEventKind.Assigned"/> event from then on, those of a
    /// <see cref="ConsumerEventKind.Revoking"/> event until the rebalance is completed.
    /// </summary>
    IReadOnlyCollection<TopicPartition> Assignment { get; }

    /// <summary>Gets the consumer's current membership; null without <c>group.id</c>.</summary>
    ConsumerGroupMetadata? GroupMetadata { get; }

    /// <summary>
    /// Joins the group and replaces the subscription or the assigned partitions. What it changes is reported by
    /// <see cref="PollAsync"/>; explicitly assigned partitions are dropped without an event.
    /// </summary>
    /// <exception cref="KafkaException">There is no group, it refuses the member, or a topic's name is invalid; nothing changed.</exception>
    ValueTask SubscribeAsync(Subscription subscription, CancellationToken cancellationToken);

    /// <summary>
    /// Assigns partitions without group management and leaves the group. Partitions that were assigned before and have no offset here
    /// keep their positions. Reports no event.
    /// </summary>
    ValueTask AssignAsync(IReadOnlyCollection<TopicPartitionOffset> partitions, CancellationToken cancellationToken);

    /// <summary>Drops all partitions and leaves the group. Reports no event: the owner commits before.</summary>
    ValueTask UnsubscribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Returns the next event, waiting for up to the timeout (<see cref="Timeout.InfiniteTimeSpan"/> without limit). Partitions take
    /// turns.
    /// </summary>
    /// <exception cref="KafkaException">A partition has no position and <c>auto.offset.reset=none</c>, or the log cannot be
    /// read.</exception>
    /// <exception cref="InvalidOperationException">The last rebalance is not completed.</exception>
    ValueTask<ConsumerEvent> PollAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Completes a rebalance: the owner has committed, or set positions. Required after <see cref="ConsumerEventKind.Assigned"/> and
    /// <see cref="ConsumerEventKind.Revoking"/>, before the next <see cref="PollAsync"/>. Does nothing if there is none.
    /// </summary>
    ValueTask CompleteRebalanceAsync(CancellationToken cancellationToken);

    /// <summary>Ends a waiting <see cref="PollAsync"/>, or the next one that would wait. Thread-safe.</summary>
    void Wakeup();

    /// <summary>Sets the position of an assigned partition; the next poll reads there.</summary>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    void Seek(TopicPartition partition, long offset);

    /// <summary>Sets the positions of assigned partitions to the first readable offset.</summary>
    ValueTask SeekToBeginningAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken);

    /// <summary>Sets the positions of assigned partitions to the end according to <c>isolation.level</c>.</summary>
    ValueTask SeekToEndAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken);

    /// <summary>Returns the position of an assigned partition if it is known, without waiting.</summary>
    bool TryGetPosition(TopicPartition partition, out long offset);

    /// <summary>
    /// Returns the position of an assigned partition; determines it (committed offset, else <c>auto.offset.reset</c>) if it is not yet
    /// known.
    /// </summary>
    /// <exception cref="KafkaException">The position cannot be determined now, or there is none.</exception>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken);

    /// <summary>Stops returning records of assigned partitions; they stay assigned and keep their positions.</summary>
    void Pause(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Resumes paused partitions.</summary>
    void Resume(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>
    /// Commits offsets (of the next record to read). Other members may be called while it has not completed; a second commit may not.
    /// </summary>
    /// <exception cref="KafkaException">There is no group, it refuses the member, or the log cannot be written.</exception>
    ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken);

    /// <summary>Returns the group's committed offsets; null for partitions without one.</summary>
    /// <exception cref="KafkaException">There is no group, or an open transaction may change an offset.</exception>
    ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken);

    /// <summary>
    /// Returns for each partition the offset of the first record whose timestamp is at or after the given one; null if there is none.
    /// </summary>
    /// <exception cref="KafkaException">A partition does not exist or is offline.</exception>
    ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken);

    /// <summary>Returns the first and the end offset of any partitions according to <c>isolation.level</c>.</summary>
    /// <exception cref="KafkaException">A partition does not exist or is offline.</exception>
    ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> WatermarksAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken);
}
