namespace Zurau;

/// <summary>A topic to create.</summary>
/// <param name="Name">1 to 249 characters of <c>[a-zA-Z0-9._-]</c>, not "." or "..".</param>
/// <param name="Partitions">Number of partitions; -1 for <c>num.partitions</c>.</param>
/// <param name="ReplicationFactor">Stored and reported; the embedded engine has one
/// replica. -1 for the default.</param>
public sealed record NewTopic(string Name, int Partitions = -1, short ReplicationFactor = -1)
{
    /// <summary>Topic settings by Kafka's names, such as <c>segment.bytes</c>.</summary>
    public IReadOnlyDictionary<string, string> Configs { get; init; } = new Dictionary<string, string>();
}
