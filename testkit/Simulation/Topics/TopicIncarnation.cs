namespace Zurau.Testing.Simulation;

/// <summary>What is known of one topic, from its creation to its deletion. A later topic of the same name is another one.</summary>
/// <param name="name">Its name.</param>
/// <param name="configs">The settings that it was created with.</param>
/// <param name="partitions">Its partitions; their numbers are unique in a run.</param>
internal sealed class TopicIncarnation(string name, IReadOnlyDictionary<string, string> configs, PartitionModel[] partitions)
{
    internal string Name { get; } = name;

    /// <summary>Its id; null until its creation was answered or found.</summary>
    internal Guid? Id { get; set; }

    internal PartitionModel[] Partitions { get; } = partitions;

    /// <summary>The settings that count.</summary>
    internal IReadOnlyDictionary<string, string> Configs { get; private set; } = configs;

    /// <summary>Settings that were asked for and not answered with success: the next start may find them.</summary>
    internal List<IReadOnlyDictionary<string, string>> AskedConfigs { get; } = [];

    /// <summary>Everything that counted, or may have: retention went by one of them.</summary>
    internal List<IReadOnlyDictionary<string, string>> AllConfigs { get; } = [configs];

    internal void AskConfigs(IReadOnlyDictionary<string, string> configs)
    {
        AskedConfigs.Add(configs);
        AllConfigs.Add(configs);
    }

    internal void SetConfigs(IReadOnlyDictionary<string, string> configs)
    {
        Configs = configs;
        AskedConfigs.Clear();
    }

    public override string ToString() => $"topic '{Name}' ({Id?.ToString() ?? "no id yet"}, partitions {string.Join(", ", Partitions.Select(static partition => partition.Number))})";
}
