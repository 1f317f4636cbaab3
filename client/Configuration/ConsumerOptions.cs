namespace Zurau;

/// <summary>Consumer settings, by Kafka's names.</summary>
public sealed record ConsumerOptions
{
    /// <summary><c>group.id</c>: the group whose offsets are committed; null for a consumer without a group.</summary>
    public string? GroupId { get; set; }

    /// <summary><c>client.id</c>: a name for logs.</summary>
    public string ClientId { get; set; } = "";

    /// <summary><c>auto.offset.reset</c>: where to begin without a committed offset.</summary>
    public AutoOffsetReset AutoOffsetReset { get; set; } = AutoOffsetReset.Latest;

    /// <summary>
    /// <c>isolation.level</c>: <c>read_committed</c> leaves out aborted transactions and waits for those that are open; the end of a
    /// partition is then the first record of one that is open.
    /// </summary>
    public IsolationLevel IsolationLevel { get; set; } = IsolationLevel.ReadUncommitted;

    /// <summary><c>enable.auto.commit</c>: commits what was returned, during poll and at close. Listeners do it themselves.</summary>
    public bool EnableAutoCommit { get; set; } = true;

    /// <summary><c>auto.commit.interval.ms</c></summary>
    public int AutoCommitIntervalMs { get; set; } = 5000;

    /// <summary><c>max.poll.records</c>: the most records that a poll returns.</summary>
    public int MaxPollRecords { get; set; } = 500;

    /// <summary><c>max.poll.interval.ms</c>: how long a handler may keep the consumer from polling.</summary>
    public int MaxPollIntervalMs { get; set; } = 300_000;

    /// <summary><c>fetch.min.bytes</c></summary>
    public int FetchMinBytes { get; set; } = 1;

    /// <summary><c>fetch.max.bytes</c></summary>
    public int FetchMaxBytes { get; set; } = 52_428_800;

    /// <summary><c>fetch.max.wait.ms</c></summary>
    public int FetchMaxWaitMs { get; set; } = 500;

    /// <summary><c>max.partition.fetch.bytes</c></summary>
    public int MaxPartitionFetchBytes { get; set; } = 1_048_576;

    /// <summary><c>check.crcs</c>: verifies each batch's checksum when it is read.</summary>
    public bool CheckCrcs { get; set; } = true;

    /// <summary><c>allow.auto.create.topics</c>: lets a subscription create its topic.</summary>
    public bool AllowAutoCreateTopics { get; set; } = true;
}
