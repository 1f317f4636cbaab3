using Zurau.Engine.Common.Settings;

namespace Zurau;

/// <summary>Holds the settings of a consumer, by Kafka's names and with its defaults. Not thread-safe while it is changed.</summary>
[Settings("consumer")]
public sealed partial record ConsumerOptions
{
    /// <summary>The group whose offsets are committed; unset for a consumer without a group.</summary>
    [Setting("group.id", IfEmpty = "name the group, or leave it out for a consumer without a group")]
    public string? GroupId { get; set; }

    /// <summary>A name for logs.</summary>
    [Setting("client.id")]
    public string ClientId { get; set; } = "";

    /// <summary>
    /// Where to begin without a committed offset: <c>latest</c>, <c>earliest</c>, <c>none</c> (the poll fails) or <c>by_duration:PT1H</c> (the first record of the last
    /// hour; an ISO 8601 duration).
    /// </summary>
    [Setting("auto.offset.reset", Expected = "latest, earliest, none or by_duration:PT1H")]
    public AutoOffsetReset AutoOffsetReset { get; set; } = AutoOffsetReset.Latest;

    /// <summary><c>read_committed</c> omits aborted transactions and waits for open ones; <c>read_uncommitted</c> returns all records.</summary>
    [Setting("isolation.level")]
    public IsolationLevel IsolationLevel { get; set; } = IsolationLevel.ReadUncommitted;

    /// <summary>Commits returned records during polls and at the close. Listeners commit by their ack mode instead.</summary>
    [Setting("enable.auto.commit")]
    public bool EnableAutoCommit { get; set; } = true;

    /// <summary>Time between two automatic commits.</summary>
    [Setting("auto.commit.interval.ms", Min = 0)]
    public int AutoCommitIntervalMs { get; set; } = 5000;

    /// <summary>The largest number of records that a poll returns.</summary>
    [Setting("max.poll.records", Min = 1)]
    public int MaxPollRecords { get; set; } = 500;

    /// <summary>A record of a listener that is not acknowledged after this time is logged and counted as <c>zurau.listener.unacknowledged</c>.</summary>
    [Setting("max.poll.interval.ms", Min = 1)]
    public int MaxPollIntervalMs { get; set; } = 300_000;

    /// <summary>A fetch waits until this many bytes are available.</summary>
    [Setting("fetch.min.bytes", Min = 0)]
    public int FetchMinBytes { get; set; } = 1;

    /// <summary>Bytes of one fetch.</summary>
    [Setting("fetch.max.bytes", Min = 0)]
    public int FetchMaxBytes { get; set; } = 52_428_800;

    /// <summary>How long a fetch waits for <c>fetch.min.bytes</c>.</summary>
    [Setting("fetch.max.wait.ms", Min = 0)]
    public int FetchMaxWaitMs { get; set; } = 500;

    /// <summary>Bytes of one partition in a fetch.</summary>
    [Setting("max.partition.fetch.bytes", Min = 0)]
    public int MaxPartitionFetchBytes { get; set; } = 1_048_576;

    /// <summary>Verifies the checksum of each batch when it is read.</summary>
    [Setting("check.crcs")]
    public bool CheckCrcs { get; set; } = true;

    /// <summary>A subscription may create its topic, if the engine allows it.</summary>
    [Setting("allow.auto.create.topics")]
    public bool AllowAutoCreateTopics { get; set; } = true;
}
