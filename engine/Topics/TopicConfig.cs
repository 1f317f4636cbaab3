using System.Globalization;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Topics;

/// <summary>Topic settings by Kafka's names: which there are, what they take, what they are where a topic says nothing, and what they do.</summary>
internal static class TopicConfig
{
    internal const string CleanupPolicy = "cleanup.policy";
    private const string Compact = "compact";
    private const string Delete = "delete";

    // Limits are those of Kafka's topic configuration reference, but for segment.bytes, which Kafka 4 wants to be 1 MiB at least.
    private static readonly SortedDictionary<string, TopicConfigRule> s_rules = new(
        new TopicConfigRule[]
        {
            TopicConfigRule.List(CleanupPolicy, [Compact, Delete], PolicyOf),
            TopicConfigRule.Level("compression.gzip.level", CompressionType.Gzip),
            TopicConfigRule.Level("compression.lz4.level", CompressionType.Lz4),
            TopicConfigRule.OneOf("compression.type", ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"], CompressionOf),
            TopicConfigRule.Level("compression.zstd.level", CompressionType.Zstd),
            TopicConfigRule.Long("delete.retention.ms", 0, static settings => settings.DeleteRetentionMs),
            TopicConfigRule.Long("file.delete.delay.ms", 0, static settings => settings.FileDeleteDelayMs),
            TopicConfigRule.Long("flush.messages", 1, static settings => settings.FlushMessages),
            TopicConfigRule.Long("flush.ms", 0, static settings => settings.FlushMs),
            TopicConfigRule.Integer("index.interval.bytes", 0, static settings => settings.IndexIntervalBytes),
            TopicConfigRule.Long("max.compaction.lag.ms", 1, static settings => settings.MaxCompactionLagMs),
            TopicConfigRule.Integer("max.message.bytes", 0, static settings => settings.MaxMessageBytes),
            TopicConfigRule.Long("message.timestamp.after.max.ms", 0, static settings => settings.TimestampAfterMaxMs),
            TopicConfigRule.Long("message.timestamp.before.max.ms", 0, static settings => settings.TimestampBeforeMaxMs),
            TopicConfigRule.OneOf("message.timestamp.type", ["CreateTime", "LogAppendTime"], static settings => settings.TimestampType.ToString()),
            TopicConfigRule.Share("min.cleanable.dirty.ratio", static settings => settings.MinCleanableDirtyRatio),
            TopicConfigRule.Long("min.compaction.lag.ms", 0, static settings => settings.MinCompactionLagMs),
            TopicConfigRule.Integer("min.insync.replicas", 1, static _ => 1, hasEffect: false),
            TopicConfigRule.Boolean("preallocate", hasEffect: false),
            TopicConfigRule.Long("retention.bytes", -1, static settings => settings.RetentionBytes),
            TopicConfigRule.Long("retention.ms", -1, static settings => settings.RetentionMs),
            TopicConfigRule.Integer("segment.bytes", 14, static settings => settings.SegmentBytes),
            TopicConfigRule.Integer("segment.index.bytes", 4, static settings => settings.SegmentIndexBytes),
            TopicConfigRule.Long("segment.jitter.ms", 0, static settings => settings.SegmentJitterMs),
            TopicConfigRule.Long("segment.ms", 1, static settings => settings.SegmentMs),
            TopicConfigRule.Boolean("unclean.leader.election.enable", hasEffect: false),
        }.ToDictionary(static rule => rule.Name),
        StringComparer.Ordinal);

    /// <summary>What is wrong with a topic's settings, in Kafka's words; null when they are good.</summary>
    internal static string? Problem(LogSettings defaults, IReadOnlyDictionary<string, string> configs)
    {
        foreach ((string key, string value) in configs)
        {
            if (!s_rules.TryGetValue(key, out TopicConfigRule? rule))
            {
                return $"Unknown topic config name: {key}. Kafka has {string.Join(", ", s_rules.Keys)}.";
            }

            if (rule.Problem(value) is string problem)
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
        [.. configs.Keys.Where(static key => s_rules.TryGetValue(key, out TopicConfigRule? rule) && !rule.HasEffect)];

    /// <summary>Every setting as it counts for a topic, in ordinal order.</summary>
    internal static IReadOnlyList<ConfigEntry> Describe(LogSettings defaults, IReadOnlyDictionary<string, string> configs)
    {
        var plain = new LogSettings();
        return [.. s_rules.Values.Select(rule => configs.TryGetValue(rule.Name, out string? value)
            ? new ConfigEntry(rule.Name, value, ConfigSource.DynamicTopic)
            : new ConfigEntry(rule.Name, rule.Default(defaults), rule.Default(defaults) == rule.Default(plain) ? ConfigSource.Default : ConfigSource.StaticBroker))];
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
            if (!s_rules.TryGetValue(change.Name, out TopicConfigRule? rule))
            {
                return new ErrorResult(ErrorCode.InvalidConfig, $"Unknown topic config name: {change.Name}. Kafka has {string.Join(", ", s_rules.Keys)}.");
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

            if (change.Operation is ConfigOperation.Append or ConfigOperation.Subtract && !rule.IsList)
            {
                return new ErrorResult(ErrorCode.InvalidConfig, $"Can't {change.Operation.ToString().ToUpperInvariant()} to key {change.Name} because its type is not LIST.");
            }

            string[] words = TopicConfigRule.Words(changed.GetValueOrDefault(change.Name) ?? rule.Default(defaults));
            string[] given = TopicConfigRule.Words(change.Value);
            changed[change.Name] = change.Operation switch
            {
                ConfigOperation.Append => string.Join(',', words.Union(given)),
                ConfigOperation.Subtract => string.Join(',', words.Except(given)),
                _ => change.Value,
            };
        }

        return Problem(defaults, changed) is string problem ? new ErrorResult(ErrorCode.InvalidConfig, problem) : ErrorResult.None;
    }

    /// <summary>A topic's log settings: its own over the broker's. The settings are good.</summary>
    internal static LogSettings Apply(LogSettings defaults, IReadOnlyDictionary<string, string> configs)
    {
        string[] policy = TopicConfigRule.Words(configs.GetValueOrDefault(CleanupPolicy) ?? PolicyOf(defaults));
        return defaults with
        {
            SegmentBytes = (int)Long(configs, "segment.bytes", defaults.SegmentBytes),
            MaxMessageBytes = (int)Long(configs, "max.message.bytes", defaults.MaxMessageBytes),
            IndexIntervalBytes = (int)Long(configs, "index.interval.bytes", defaults.IndexIntervalBytes),
            SegmentIndexBytes = (int)Long(configs, "segment.index.bytes", defaults.SegmentIndexBytes),
            SegmentMs = Long(configs, "segment.ms", defaults.SegmentMs),
            SegmentJitterMs = Long(configs, "segment.jitter.ms", defaults.SegmentJitterMs),
            FlushMessages = Long(configs, "flush.messages", defaults.FlushMessages),
            FlushMs = Long(configs, "flush.ms", defaults.FlushMs),
            TimestampType = configs.TryGetValue("message.timestamp.type", out string? type) ? Enum.Parse<TimestampType>(type) : defaults.TimestampType,
            TimestampAfterMaxMs = Long(configs, "message.timestamp.after.max.ms", defaults.TimestampAfterMaxMs),
            TimestampBeforeMaxMs = Long(configs, "message.timestamp.before.max.ms", defaults.TimestampBeforeMaxMs),
            Compression = configs.TryGetValue("compression.type", out string? compression) ? CompressionOf(compression, configs) : defaults.Compression,
            IsCompacted = policy.Contains(Compact),
            IsDeleted = policy.Contains(Delete),
            RetentionMs = Long(configs, "retention.ms", defaults.RetentionMs),
            RetentionBytes = Long(configs, "retention.bytes", defaults.RetentionBytes),
            FileDeleteDelayMs = Long(configs, "file.delete.delay.ms", defaults.FileDeleteDelayMs),
            MinCleanableDirtyRatio = configs.TryGetValue("min.cleanable.dirty.ratio", out string? ratio) ? double.Parse(ratio, CultureInfo.InvariantCulture) : defaults.MinCleanableDirtyRatio,
            MinCompactionLagMs = Long(configs, "min.compaction.lag.ms", defaults.MinCompactionLagMs),
            MaxCompactionLagMs = Long(configs, "max.compaction.lag.ms", defaults.MaxCompactionLagMs),
            DeleteRetentionMs = Long(configs, "delete.retention.ms", defaults.DeleteRetentionMs),
        };
    }

    /// <summary>What <c>compression.type</c> names, at its default level; null for the producer's.</summary>
    /// <exception cref="ArgumentException">There is no such codec.</exception>
    internal static BatchCompression? CompressionOf(string name) => CompressionOf(name, new Dictionary<string, string>());

    private static BatchCompression? CompressionOf(string name, IReadOnlyDictionary<string, string> configs)
    {
        if (name == "producer")
        {
            return null;
        }

        CompressionType type = name == "uncompressed" ? CompressionType.None : Enum.Parse<CompressionType>(name, ignoreCase: true);
        return new BatchCompression(type, (int)Long(configs, $"compression.{name}.level", BatchCompression.DefaultLevel(type)));
    }

    private static string CompressionOf(LogSettings settings) =>
        settings.Compression is not { } compression ? "producer" : compression.Type == CompressionType.None ? "uncompressed" : compression.Type.ToString().ToLowerInvariant();

    private static string PolicyOf(LogSettings settings) => (settings.IsCompacted, settings.IsDeleted) switch
    {
        (true, true) => $"{Compact},{Delete}",
        (true, false) => Compact,
        (false, true) => Delete,
        _ => "",
    };

    private static long Long(IReadOnlyDictionary<string, string> configs, string key, long otherwise) =>
        configs.TryGetValue(key, out string? value) ? long.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
