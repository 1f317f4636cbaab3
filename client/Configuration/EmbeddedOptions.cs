namespace Zurau;

/// <summary>Broker settings of the embedded engine, by Kafka's names.</summary>
public sealed class EmbeddedOptions
{
    /// <summary><c>num.partitions</c>: partitions of a topic that does not say how many.</summary>
    public int NumPartitions { get; set; } = 1;

    /// <summary><c>auto.create.topics.enable</c></summary>
    public bool AutoCreateTopicsEnable { get; set; } = true;

    /// <summary><c>log.segment.bytes</c></summary>
    public int LogSegmentBytes { get; set; } = 1_073_741_824;

    /// <summary><c>message.max.bytes</c></summary>
    public int MessageMaxBytes { get; set; } = 1_048_588;

    /// <summary><c>offsets.topic.num.partitions</c>: fixed when <c>__consumer_offsets</c> is created.</summary>
    public int OffsetsTopicNumPartitions { get; set; } = 1;
}
