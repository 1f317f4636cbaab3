namespace Zurau.Engine;

/// <summary>Asks for record batches of several partitions; waits where there are too few.</summary>
public sealed record FetchRequest
{
    /// <summary>The partitions in the order in which they are served.</summary>
    public required IReadOnlyList<FetchPartition> Partitions { get; init; }

    /// <summary>What to see of transactions.</summary>
    public IsolationLevel IsolationLevel { get; init; } = IsolationLevel.ReadUncommitted;

    /// <summary>How long to wait for <see cref="MinBytes"/>, in milliseconds (<c>fetch.max.wait.ms</c>).</summary>
    public int MaxWaitMs { get; init; } = 500;

    /// <summary>The answer is sent once it has this many bytes (<c>fetch.min.bytes</c>).</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>Soft limit of the whole answer in bytes; the first batch always comes whole (<c>fetch.max.bytes</c>).</summary>
    public int MaxBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>
    /// The last answer to this very object in which there was nothing. It is given again while nothing has changed, so a reader that asks
    /// over and over with one request costs no memory. Written by whoever serves the request; it is served once at a time.
    /// </summary>
    internal FetchResponse? LastEmpty { get; set; }
}

/// <summary>One partition of a <see cref="FetchRequest"/>.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="FetchOffset">The offset of the first record wanted; the first batch of the answer may begin before it.</param>
/// <param name="MaxBytes">Soft limit in bytes (<c>max.partition.fetch.bytes</c>).</param>
/// <param name="CurrentLeaderEpoch">
/// The partition's leader epoch as the reader knows it; -1 is not checked. An older one is answered with <see cref="ErrorCode.FencedLeaderEpoch"/>,
/// a newer one with <see cref="ErrorCode.UnknownLeaderEpoch"/>.
/// </param>
/// <param name="LastFetchedEpoch">The leader epoch of the last record that was read; -1 is not checked. See <see cref="FetchedPartition.DivergingEpoch"/>.</param>
/// <param name="TopicId">
/// The id of the topic that the offset belongs to: a topic of the same name with another id is answered with
/// <see cref="ErrorCode.InconsistentTopicId"/>, and no topic of the name with <see cref="ErrorCode.UnknownTopicId"/>. Empty: whatever topic
/// has the name.
/// </param>
public readonly record struct FetchPartition(
    TopicPartition Partition,
    long FetchOffset,
    int MaxBytes = 1024 * 1024,
    int CurrentLeaderEpoch = -1,
    int LastFetchedEpoch = -1,
    Guid TopicId = default);
