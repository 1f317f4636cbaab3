namespace Zurau;

/// <summary>A topic to create at start.</summary>
public sealed class TopicOptions
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = "";

    /// <summary>Partitions; -1 takes <c>num.partitions</c>.</summary>
    public int Partitions { get; set; } = -1;

    /// <summary>Kept and reported; the embedded engine runs one copy.</summary>
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>Topic settings by Kafka's names.</summary>
    public Dictionary<string, string> Configs { get; set; } = [];
}
