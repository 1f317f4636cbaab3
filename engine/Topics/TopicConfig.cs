using Zurau.Engine.Common;
using Zurau.Engine.Common.Settings;
using Zurau.Engine.Log;

namespace Zurau.Engine.Topics;

/// <summary>Checks, describes, changes and applies the settings of topics. <c>BrokerOptions</c> declares them; <c>TopicRules</c> is generated.</summary>
internal static class TopicConfig
{
    /// <summary>What is wrong with a topic's settings, in Kafka's words; null when they are good.</summary>
    internal static string? Problem(LogSettings defaults, IReadOnlyDictionary<string, string> configs)
    {
        foreach ((string key, string value) in configs)
        {
            if (!TopicRules.Exists(key))
            {
                return Unknown(key);
            }

            if (TopicRules.Problem(key, value) is string problem)
            {
                return $"Invalid value {value} for configuration {key}: {problem}";
            }
        }

        LogSettings settings = Apply(defaults, configs);
        return settings.MinCompactionLagMs > settings.MaxCompactionLagMs
            ? $"conflict topic config setting min.compaction.lag.ms ({settings.MinCompactionLagMs}) > max.compaction.lag.ms ({settings.MaxCompactionLagMs})"
            : null;
    }

    /// <summary>The settings that are kept and do nothing yet.</summary>
    internal static IReadOnlyList<string> WithoutEffect(IReadOnlyDictionary<string, string> configs) =>
        [.. configs.Keys.Where(static key => !TopicRules.HasEffect(key))];

    /// <summary>Every setting as it counts for a topic, in ordinal order.</summary>
    internal static IReadOnlyList<ConfigEntry> Describe(LogSettings defaults, IReadOnlyDictionary<string, string> configs)
    {
        var plain = new LogSettings();
        return [.. TopicRules.Names.Select(name => configs.TryGetValue(name, out string? value)
            ? new ConfigEntry(name, value, ConfigSource.DynamicTopic)
            : new ConfigEntry(name, TopicRules.Text(defaults, name), TopicRules.Text(defaults, name) == TopicRules.Text(plain, name) ? ConfigSource.Default : ConfigSource.StaticBroker))];
    }

    /// <summary>Changes a topic's own settings, one change after the other; the outcome is not judged here.</summary>
    internal static ErrorResult Change(LogSettings defaults, IReadOnlyDictionary<string, string> configs, IReadOnlyList<ConfigChange> changes, out Dictionary<string, string> changed)
    {
        changed = new Dictionary<string, string>(configs);
        if (changes.GroupBy(static change => change.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            return new ErrorResult(ErrorCode.InvalidRequest, $"The setting '{twice.Key}' is changed {twice.Count()} times in one request; change it once.");
        }

        foreach (ConfigChange change in changes)
        {
            if (!TopicRules.Exists(change.Name))
            {
                return new ErrorResult(ErrorCode.InvalidConfig, Unknown(change.Name));
            }

            if (change.Operation == ConfigOperation.Delete)
            {
                changed.Remove(change.Name);
                continue;
            }

            if (change.Value is null)
            {
                return new ErrorResult(ErrorCode.InvalidRequest, $"Null value not supported for : {change.Name}. Delete the setting to take the broker's value.");
            }

            if (change.Operation is ConfigOperation.Append or ConfigOperation.Subtract && !TopicRules.IsList(change.Name))
            {
                return new ErrorResult(ErrorCode.InvalidConfig, $"Can't {change.Operation.ToString().ToUpperInvariant()} to key {change.Name} because its type is not LIST.");
            }

            string[] words = SettingText.Words(changed.GetValueOrDefault(change.Name) ?? TopicRules.Text(defaults, change.Name));
            string[] given = SettingText.Words(change.Value);
            changed[change.Name] = change.Operation switch
            {
                ConfigOperation.Append => string.Join(',', words.Union(given)),
                ConfigOperation.Subtract => string.Join(',', words.Except(given)),
                _ => change.Value,
            };
        }

        return Problem(defaults, changed) is string problem ? new ErrorResult(ErrorCode.InvalidConfig, problem) : ErrorResult.None;
    }

    /// <summary>Returns the settings of a topic's logs: its own over those of the broker. They are valid.</summary>
    internal static LogSettings Apply(LogSettings defaults, IReadOnlyDictionary<string, string> configs) => configs.Count == 0 ? defaults : TopicRules.Apply(defaults, configs);

    private static string Unknown(string name) => $"Unknown topic config name: {name}. Kafka has {string.Join(", ", TopicRules.Names)}.";
}
