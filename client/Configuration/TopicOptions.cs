using Zurau.Engine.Common.Settings;

namespace Zurau;

/// <summary>Holds a topic that is created at startup if it does not exist.</summary>
[Settings("topics")]
public sealed partial class TopicOptions
{
    /// <summary>The name: 1 to 249 characters of <c>[a-zA-Z0-9._-]</c>.</summary>
    [Setting("name")]
    public string Name { get; set; } = "";

    /// <summary>Number of partitions.</summary>
    [Setting("partitions", Min = 1, Or = -1, OrMeans = "for num.partitions")]
    public int Partitions { get; set; } = -1;

    /// <summary>Stored and returned; there is one copy.</summary>
    [Setting("replication.factor", Min = 1, Or = -1, OrMeans = "for the default")]
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>Topic settings, by Kafka's names.</summary>
    [Setting("configs")]
    public Dictionary<string, string> Configs { get; set; } = [];
}
