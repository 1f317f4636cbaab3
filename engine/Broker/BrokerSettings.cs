using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine;

/// <summary>What a broker needs to open: where the data is, the clock, and Kafka's broker settings.</summary>
public sealed record BrokerSettings
{
    /// <summary>Where files live. <see cref="FileStorage"/> for a directory, <see cref="MemoryStorage"/> for tests.</summary>
    public required IStorage Storage { get; init; }

    /// <summary>The clock of record timestamps and waits.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Runs the broker's duties; null starts threads of its own.</summary>
    public IDutyPump? DutyPump { get; init; }

    /// <summary>Where the broker logs.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The seed of topic and cluster ids; null takes one from the system.</summary>
    public int? RandomSeed { get; init; }

    /// <summary><c>num.partitions</c>: partitions of a topic that does not say how many.</summary>
    public int NumPartitions { get; init; } = 1;

    /// <summary><c>auto.create.topics.enable</c>: whether a first append or subscription creates its topic.</summary>
    public bool AutoCreateTopicsEnable { get; init; } = true;

    /// <summary><c>offsets.topic.num.partitions</c>: fixed when <c>__consumer_offsets</c> is created.</summary>
    public int OffsetsTopicNumPartitions { get; init; } = 1;

    /// <summary><c>log.segment.bytes</c>: bytes of a segment before the next one is begun.</summary>
    public int LogSegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary><c>message.max.bytes</c>: the largest batch, as stored.</summary>
    public int MessageMaxBytes { get; init; } = 1_048_588;

    /// <summary><c>log.index.interval.bytes</c>: bytes of log between two entries of a sparse index.</summary>
    public int LogIndexIntervalBytes { get; init; } = 4096;

    /// <summary><c>log.flush.offset.checkpoint.interval.ms</c>: how often it is written down how far logs are flushed.</summary>
    public int LogFlushOffsetCheckpointIntervalMs { get; init; } = 60_000;

    /// <summary>How many full segments may be open and mapped at once; ours alone. Linux allows a process 65,530 maps.</summary>
    public int MaxOpenSegments { get; init; } = 8192;

    /// <summary><c>producer.id.expiration.ms</c>: how long a partition remembers a producer that does not append.</summary>
    public long ProducerIdExpirationMs { get; init; } = 86_400_000;

    /// <summary>Where a simulator stands between the engine's steps; null in production.</summary>
    internal LogHooks? Hooks { get; init; }

    /// <summary><c>offset.metadata.max.bytes</c>: the longest text beside a committed offset.</summary>
    public int OffsetMetadataMaxBytes { get; init; } = 4096;
}
