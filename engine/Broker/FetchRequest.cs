namespace Zurau.Engine;

/// <summary>
/// Requests record batches of several partitions; waits if there are not enough.
/// </summary>
public sealed record FetchRequest
{
    /// <summary>The partitions in the order in which they are served.</summary>
    public required IReadOnlyList<FetchPartition> Partitions { get; init; }

    /// <summary>Gets the reader's isolation level.</summary>
    public IsolationLevel IsolationLevel { get; init; } = IsolationLevel.ReadUncommitted;

    /// <summary>
    /// Gets the maximum wait for <see cref="MinBytes"/>, in milliseconds
    /// (<c>fetch.max.wait.ms</c>).
    /// </summary>
    public int MaxWaitMs { get; init; } = 500;

    /// <summary>
    /// Gets the minimum size of the response, in bytes (<c>fetch.min.bytes</c>).
    /// </summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>
    /// Gets the soft limit of the response in bytes; the first batch is always returned
    /// whole (<c>fetch.max.bytes</c>).
    /// </summary>
    public int MaxBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>
    /// The last empty response to this object. It is returned again while nothing has
    /// changed, so that a polling reader with one request object allocates nothing. Written
    /// by the thread that serves the request; a request must not be served concurrently.
    /// </summary>
    internal FetchResponse? LastEmpty { get; set; }
}

/// <summary>One partition of a <see cref="FetchRequest"/>.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="FetchOffset">The offset of the first requested record; the first
/// returned batch may begin before it.</param>
/// <param name="MaxBytes">Soft limit in bytes (<c>max.partition.fetch.bytes</c>).</param>
/// <param name="CurrentLeaderEpoch">The partition's leader epoch known to the reader;
/// -1 is not checked. An older epoch returns <see cref="ErrorCode.FencedLeaderEpoch"/>,
/// a newer one <see cref="ErrorCode.UnknownLeaderEpoch"/>.</param>
/// <param name="LastFetchedEpoch">The leader epoch of the last record read; -1 is not
/// checked. See <see cref="FetchedPartition.DivergingEpoch"/>.</param>
/// <param name="TopicId">The id of the topic that the offset belongs to: a topic of the
/// same name with another id returns <see cref="ErrorCode.InconsistentTopicId"/>, a
/// missing topic <see cref="ErrorCode.UnknownTopicId"/>. Empty accepts any topic with
/// the name.</param>
public readonly record struct FetchPartition(
    TopicPartition Partition,
    long FetchOffset,
    int MaxBytes = 1024 * 1024,
    int CurrentLeaderEpoch = -1,
    int LastFetchedEpoch = -1,
    Guid TopicId = default);
