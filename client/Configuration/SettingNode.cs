using Microsoft.Extensions.Configuration;

namespace Zurau.Configuration;

/// <summary>A setting or a section as it was written, wherever it came from.</summary>
/// <param name="Path">Its whole name, for messages: <c>Kafka:Producer:linger.ms</c>.</param>
/// <param name="Key">The last part of its name.</param>
/// <param name="Value">Its value; null for a section and where nothing was given.</param>
/// <param name="Children">What is below it.</param>
internal sealed record SettingNode(string Path, string Key, string? Value, IReadOnlyList<SettingNode> Children)
{
    internal static SettingNode From(IConfiguration configuration)
    {
        var section = configuration as IConfigurationSection;
        return new SettingNode(
            section?.Path ?? "",
            section?.Key ?? "",
            section?.Value,
            [.. configuration.GetChildren().Select(From)]);
    }

    /// <summary>Makes a tree of pairs; a colon in a key separates section and setting.</summary>
    internal static SettingNode From(IEnumerable<KeyValuePair<string, string?>> pairs, string path) => From(
        path,
        "",
        [.. pairs.Select(pair => (pair.Key.Split(':', StringSplitOptions.TrimEntries), pair.Value))],
        depth: 0);

    private static SettingNode From(string path, string key, IReadOnlyList<(string[] Names, string? Value)> pairs, int depth) => new(
        path,
        key,
        pairs.LastOrDefault(pair => pair.Names.Length == depth).Value,
        [.. pairs
            .Where(pair => pair.Names.Length > depth)
            .GroupBy(pair => pair.Names[depth], StringComparer.OrdinalIgnoreCase)
            .Select(group => From(path.Length == 0 ? group.Key : $"{path}:{group.Key}", group.Key, [.. group], depth + 1))]);
}
