namespace Zurau.Simulation;

/// <summary>
/// The expected state of one topic from its creation to its deletion. A later topic of
/// the same name has another state.
/// </summary>
/// <param name="name">The name.</param>
/// <param name="configs">The settings at its creation.</param>
/// <param name="partitions">The partitions; their numbers are unique in a run.</param>
internal sealed class TopicIncarnation(string name, IReadOnlyDictionary<string, string> configs, PartitionModel[] partitions)
{
    internal string Name { get; } = name;

    /// <summary>
    /// The topic id; null until its creation succeeded or a restart found it.
    /// </summary>
    internal Guid? Id { get; set; }

    internal PartitionModel[] Partitions { get; } = partitions;

    /// <summary>The current settings.</summary>
    internal IReadOnlyDictionary<string, string> Configs { get; private set; } = configs;

    /// <summary>
    /// Settings that were requested without a successful response. The next restart may
    /// find them.
    /// </summary>
    internal List<IReadOnlyDictionary<string, string>> RequestedConfigs { get; } = [];

    /// <summary>
    /// All settings that were or may have been in effect. Retention may have used any of
    /// them.
    /// </summary>
    internal List<IReadOnlyDictionary<string, string>> AllConfigs { get; } = [configs];

    internal void AskConfigs(IReadOnlyDictionary<string, string> configs)
    {
        RequestedConfigs.Add(configs);
        AllConfigs.Add(configs);
    }

    internal void SetConfigs(IReadOnlyDictionary<string, string> configs)
    {
        Configs = configs;
        RequestedConfigs.Clear();
    }

    public override string ToString() => $"topic '{Name}' ({Id?.ToString() ?? "no id yet"}, partitions {string.Join(", ", Partitions.Select(static partition => partition.Number))})";
}
