namespace Zurau.Transport;

/// <summary>
/// A consumer's side of the connection: membership, positions, fetching, commits. Used by one thread at a time, but for
/// <see cref="Wakeup"/>. Positions are fetch positions: the offset after the last batch that was handed out.
/// </summary>
public interface IConsumerTransport : IAsyncDisposable
{
    /// <summary>The partitions that belong to this consumer now.</summary>
    IReadOnlyCollection<TopicPartition> Assignment { get; }

    /// <summary>The consumer's place in its group, now; null without a group.</summary>
    ConsumerGroupMetadata? GroupMetadata { get; }

    /// <summary>
    /// Joins the group and takes whole topics, from the next poll on. The listener runs inside <see cref="PollAsync"/>, and where
    /// everything is given up: <see cref="Assign"/>, <see cref="Unsubscribe"/> and <see cref="IAsyncDisposable.DisposeAsync"/>.
    /// </summary>
    /// <exception cref="KafkaException">The group refuses the member, or a topic's name is forbidden.</exception>
    void Subscribe(IReadOnlyCollection<string> topics, IRebalanceListener? listener);

    /// <summary>Takes partitions without a group's say; those that were assigned before keep their positions.</summary>
    void Assign(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Gives everything up and leaves the group.</summary>
    void Unsubscribe();

    /// <summary>
    /// Hands out the next batches of one partition, waiting for up to the timeout; null when there are none. Partitions take turns.
    /// </summary>
    /// <exception cref="KafkaException">
    /// A partition has no position and <c>auto.offset.reset=none</c>, or the log refused the read.
    /// </exception>
    ValueTask<FetchedBatches?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Makes a waiting <see cref="PollAsync"/> return null, or the next one that would wait. Any thread.</summary>
    void Wakeup();

    /// <summary>Sets the fetch position of an assigned partition.</summary>
    void Seek(TopicPartition partition, long offset);

    /// <summary>Sets it to the first readable offset.</summary>
    void SeekToBeginning(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Sets it to the end, as <c>isolation.level</c> sees it.</summary>
    void SeekToEnd(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>The fetch position; resolves it (committed offset, else <c>auto.offset.reset</c>) where there is none yet.</summary>
    long Position(TopicPartition partition);

    /// <summary>Stops handing out batches of partitions that stay assigned.</summary>
    void Pause(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Undoes <see cref="Pause"/>.</summary>
    void Resume(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Commits positions (the next offset to read).</summary>
    /// <exception cref="KafkaException">The group refuses: the member is no longer in it, or the log cannot be written.</exception>
    ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken);

    /// <summary>Reads what the group committed; null where nothing was.</summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken);

    /// <summary>The first readable offset and the end of each partition, as <c>isolation.level</c> sees it.</summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, OffsetRange>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken);
}
