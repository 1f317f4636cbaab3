using Microsoft.Extensions.Configuration;

namespace Zurau.Configuration;

/// <summary>A setting or a section as it was written, wherever it came from.</summary>
/// <param name="Path">Its whole name, for messages: <c>Kafka:Producer:linger.ms</c>.</param>
/// <param name="Key">The last part of its name.</param>
/// <param name="Value">Its value; null for a section and where nothing was given.</param>
/// <param name="Rank">
/// Which source the value is from: a larger one came later and wins. <see cref="Unknown"/> where there is none or its place is not known.
/// </param>
/// <param name="Children">What is below it.</param>
internal sealed record SettingNode(string Path, string Key, string? Value, int Rank, IReadOnlyList<SettingNode> Children)
{
    private const int Unknown = -1;

    private bool HasValue => Value is not null || Rank != Unknown;

    /// <summary>Whether the value came after everything that is below it, and so stands in its place: text instead of a list.</summary>
    internal bool IsValueLast => Value is not null && Children.All(child => child.Rank < Rank);

    /// <summary>Reads a tree; the order of its sources is known where the root is.</summary>
    internal static SettingNode From(IConfiguration configuration, IConfigurationRoot? root) =>
        From(configuration, root is null ? [] : [.. root.Providers]);

    /// <summary>Makes a tree of pairs, of which a later one wins; a colon in a key separates section and setting.</summary>
    internal static SettingNode From(IEnumerable<KeyValuePair<string, string?>> pairs, string path) => From(
        path,
        "",
        [.. pairs.Select((pair, index) => (pair.Key.Split(':', StringSplitOptions.TrimEntries), pair.Value, index))],
        depth: 0);

    /// <summary>
    /// The children with spellings of one name made one: of their values the one that came last. Configuration takes
    /// <c>bootstrap.servers</c> and <c>BootstrapServers</c> for two keys, though a file may say one and the environment the other.
    /// </summary>
    internal IEnumerable<SettingNode> Unite(List<string> errors) => Unite(Children, child => SettingName.Normalize(child.Key), errors);

    private static IEnumerable<SettingNode> Unite(IEnumerable<SettingNode> nodes, Func<SettingNode, string> name, List<string> errors) =>
        nodes.GroupBy(name).Select(same => same.Aggregate((left, right) => Unite(left, right, errors)));

    private static SettingNode Unite(SettingNode left, SettingNode right, List<string> errors)
    {
        bool areEqual = left.Rank == right.Rank && left.Value != right.Value;
        bool isMixed = left.HasValue != right.HasValue && Math.Max(left.Rank, right.Rank) == Unknown;
        if (left.HasValue && right.HasValue ? areEqual : isMixed)
        {
            errors.Add(
                $"settings '{left.Path}' and '{right.Path}' are two spellings of one, and which came last is not known; keep one of them");
        }

        SettingNode winner = !right.HasValue || (left.HasValue && left.Rank > right.Rank) ? left : right;
        return winner with { Children = [.. Unite(left.Children.Concat(right.Children), child => child.Key.ToUpperInvariant(), errors)] };
    }

    private static SettingNode From(IConfiguration configuration, IReadOnlyList<IConfigurationProvider> providers)
    {
        var section = configuration as IConfigurationSection;
        int rank = Unknown;
        for (int i = providers.Count - 1; i >= 0 && section is not null && rank == Unknown; i--)
        {
            rank = providers[i].TryGet(section.Path, out _) ? i : Unknown;
        }

        return new SettingNode(
            section?.Path ?? "",
            section?.Key ?? "",
            section?.Value,
            rank,
            [.. configuration.GetChildren().Select(child => From(child, providers))]);
    }

    private static SettingNode From(string path, string key, IReadOnlyList<(string[] Names, string? Value, int Index)> pairs, int depth)
    {
        (string[] Names, string? Value, int Index)[] own = [.. pairs.Where(pair => pair.Names.Length == depth)];
        return new SettingNode(
            path,
            key,
            own.Length > 0 ? own[^1].Value : null,
            own.Length > 0 ? own[^1].Index : Unknown,
            [.. pairs
                .Where(pair => pair.Names.Length > depth)
                .GroupBy(pair => pair.Names[depth], StringComparer.OrdinalIgnoreCase)
                .Select(group => From(path.Length == 0 ? group.Key : $"{path}:{group.Key}", group.Key, [.. group], depth + 1))]);
    }
}
