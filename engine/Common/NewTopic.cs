namespace Zurau;

/// <summary>A topic to create.</summary>
/// <param name="Name">1 to 249 characters of <c>[a-zA-Z0-9._-]</c>, not "." or "..".</param>
/// <param name="Partitions">How many partitions; -1 takes <c>num.partitions</c>.</param>
/// <param name="ReplicationFactor">Kept and reported; the embedded engine runs one copy. -1 takes the default.</param>
public sealed record NewTopic(string Name, int Partitions = -1, short ReplicationFactor = -1)
{
    /// <summary>Topic settings by Kafka's names, such as <c>segment.bytes</c>.</summary>
    public IReadOnlyDictionary<string, string> Configs { get; init; } = new Dictionary<string, string>();
}
