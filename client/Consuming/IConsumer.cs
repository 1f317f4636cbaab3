using System.Text.RegularExpressions;

namespace Zurau;

/// <summary>
/// Reads records. Not thread-safe except for <see cref="Wakeup"/> and closing it: a concurrent call throws
/// <see cref="InvalidOperationException"/>.
/// <para>
/// A partition's position is the offset after the last returned record; commits write positions.
/// With <c>enable.auto.commit</c>, a poll commits the records of earlier polls, every
/// <c>auto.commit.interval.ms</c>: requesting the next record means that the last one is handled.
/// </para>
/// </summary>
public interface IConsumer<TKey, TValue> : IAsyncDisposable, IDisposable
{
    /// <summary>Gets the assigned partitions; after a subscription, only after the next poll.</summary>
    IReadOnlyCollection<TopicPartition> Assignment { get; }

    /// <summary>
    /// Gets the consumer's group membership, for
    /// <see cref="Producer{TKey, TValue}.SendOffsetsToTransactionAsync"/>.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    ConsumerGroupMetadata GroupMetadata { get; }

    /// <summary>Gets the paused partitions.</summary>
    IReadOnlyCollection<TopicPartition> Paused { get; }

    /// <summary>
    /// Subscribes to these topics, replacing the previous subscription; the next poll joins the group. Positions
    /// start at the group's committed offsets. A topic that does not exist yet is read from its creation.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set. That the group refuses the member, or that a topic's name is
    /// invalid, is thrown by the poll.</exception>
    void Subscribe(IEnumerable<string> topics, IRebalanceListener? listener = null);

    /// <inheritdoc cref="Subscribe(IEnumerable{string}, IRebalanceListener?)"/>
    void Subscribe(params string[] topics);

    /// <summary>
    /// Subscribes to all topics whose name matches a pattern, also those that are created later, replacing the previous subscription;
    /// the next poll joins the group. Internal topics never match.
    /// </summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set.</exception>
    void Subscribe(Regex pattern, IRebalanceListener? listener = null);

    /// <summary>Assigns these partitions without group management, replacing the previous subscription.</summary>
    ValueTask AssignAsync(IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken = default);

    /// <summary>
    /// Assigns these partitions without group management, replacing the previous subscription, and reads them from the given offsets.
    /// </summary>
    ValueTask AssignAsync(IEnumerable<TopicPartitionOffset> partitions, CancellationToken cancellationToken = default);

    /// <summary>Assigns these partitions like <see cref="AssignAsync(IEnumerable{TopicPartition}, CancellationToken)"/>, but blocks.</summary>
    void Assign(params IEnumerable<TopicPartition> partitions);

    /// <summary>Assigns these partitions like <see cref="AssignAsync(IEnumerable{TopicPartitionOffset}, CancellationToken)"/>, but blocks.</summary>
    void Assign(params IEnumerable<TopicPartitionOffset> partitions);

    /// <summary>Ends the subscription or assignment and leaves the group.</summary>
    ValueTask UnsubscribeAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the subscription like <see cref="UnsubscribeAsync"/>, but blocks.</summary>
    void Unsubscribe();

    /// <summary>
    /// Returns records, at most <c>max.poll.records</c>: immediately if there are any, else waits up to
    /// the timeout. Empty when the timeout expires or <see cref="Wakeup"/> is called.
    /// </summary>
    /// <exception cref="RecordDeserializationException">The first record cannot be deserialized; the
    /// position is not advanced.</exception>
    /// <exception cref="KafkaException">A batch is corrupt, there is no position, the group refuses the member, or the log cannot be
    /// read.</exception>
    ValueTask<IReadOnlyList<ConsumerRecord<TKey, TValue>>> PollAsync(
        TimeSpan timeout,
        CancellationToken cancellationToken = default);

    /// <summary>Returns records like <see cref="PollAsync"/>, but blocks.</summary>
    IReadOnlyList<ConsumerRecord<TKey, TValue>> Poll(TimeSpan timeout);

    /// <summary>
    /// Reads records until cancelled. The position advances with each returned record, so a commit
    /// inside the loop covers the current record and no later one; prefetched records are read again
    /// after the loop ends.
    /// </summary>
    IAsyncEnumerable<ConsumerRecord<TKey, TValue>> ReadAllAsync(
        CancellationToken cancellationToken = default);

    /// <summary>Returns the offset of the next record that a poll will return; determines it if it is not known yet.</summary>
    /// <exception cref="KafkaException">It cannot be determined now: the partition is offline or does not exist, or an open transaction
    /// may change the committed offset.</exception>
    ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken = default);

    /// <summary>Returns the position like <see cref="PositionAsync"/>, but blocks.</summary>
    long Position(TopicPartition partition);

    /// <summary>Moves the position to another offset.</summary>
    void Seek(TopicPartition partition, long offset);

    /// <summary>Moves the position to the first readable record, and blocks; without arguments, in all assigned partitions.</summary>
    void SeekToBeginning(params IEnumerable<TopicPartition> partitions);

    /// <summary>
    /// Moves the position to the end (according to <c>isolation.level</c>), and blocks; without arguments, in all
    /// assigned partitions.
    /// </summary>
    void SeekToEnd(params IEnumerable<TopicPartition> partitions);

    /// <summary>Pauses partitions until <see cref="Resume"/>; they stay assigned and keep their positions.</summary>
    void Pause(params IEnumerable<TopicPartition> partitions);

    /// <summary>Resumes paused partitions.</summary>
    void Resume(params IEnumerable<TopicPartition> partitions);

    /// <summary>Commits the positions of all assigned partitions and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    void Commit();

    /// <summary>Commits these offsets (of the next record to read) and blocks until it is done.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    void Commit(IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets);

    /// <summary>Commits the positions of all assigned partitions.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    ValueTask CommitAsync(CancellationToken cancellationToken = default);

    /// <summary>Commits these offsets (of the next record to read).</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    ValueTask CommitAsync(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken = default);

    /// <summary>Commits the offset after a record: it and all records before it in its partition are processed.</summary>
    /// <exception cref="KafkaException"><c>group.id</c> is not set, the group refuses, or the log cannot be written.</exception>
    ValueTask CommitAsync(ConsumerRecord<TKey, TValue> record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins to commit these offsets (of the next record to read; null for the positions of all assigned partitions) after earlier
    /// background commits, and does not wait. A commit that fails is not repeated.
    /// </summary>
    /// <param name="offsets">The offsets.</param>
    /// <param name="callback">
    /// Receives the offsets and the failure, or null; called by a later poll, commit or close, in the order of the commits. Null logs
    /// failures.
    /// </param>
    void CommitInBackground(
        IEnumerable<KeyValuePair<TopicPartition, OffsetAndMetadata>>? offsets = null,
        Action<IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>>, Exception?>? callback = null);

    /// <summary>
    /// Returns how many offsets follow the position up to the end that the last fetched records of the partition reported; null if none
    /// were fetched. Asks the log nothing.
    /// </summary>
    long? Lag(TopicPartition partition);

    /// <summary>Returns the group's committed offsets; null for partitions without one.</summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default);

    /// <summary>Returns the first and the end offset (according to <c>isolation.level</c>) of any partitions.</summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> QueryWatermarkOffsetsAsync(
        IEnumerable<TopicPartition> partitions,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns for any partitions the offset of the first record whose timestamp is at or after the given one; null if there is none.
    /// </summary>
    ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken = default);

    /// <summary>Makes the current poll return, or the next one. Thread-safe.</summary>
    void Wakeup();
}
