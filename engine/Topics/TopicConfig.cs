using System.Globalization;
using Zurau.Engine.Log;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Topics;

/// <summary>Topic settings by Kafka's names: which there are, what they take, and which do something yet.</summary>
internal static class TopicConfig
{
    private static readonly string[] s_booleans = ["false", "true"];

    // What a value must look like; null takes anything. Source: Kafka's topic configuration reference.
    private static readonly SortedDictionary<string, Func<string, string?>> s_rules = new(StringComparer.Ordinal)
    {
        ["cleanup.policy"] = static value => value.Split(',').All(static part => part.Trim() is "compact" or "delete") ? null : "compact, delete or compact,delete",
        ["compression.gzip.level"] = static value => Level(value, CompressionType.Gzip),
        ["compression.lz4.level"] = static value => Level(value, CompressionType.Lz4),
        ["compression.type"] = static value => OneOf(value, "producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"),
        ["compression.zstd.level"] = static value => Level(value, CompressionType.Zstd),
        ["delete.retention.ms"] = static value => AtLeast(value, 0),
        ["file.delete.delay.ms"] = static value => AtLeast(value, 0),
        ["flush.messages"] = static value => AtLeast(value, 1),
        ["flush.ms"] = static value => AtLeast(value, 0),
        ["index.interval.bytes"] = static value => Between(value, 0, int.MaxValue),
        ["max.compaction.lag.ms"] = static value => AtLeast(value, 1),
        ["max.message.bytes"] = static value => Between(value, 0, int.MaxValue),
        ["message.timestamp.after.max.ms"] = static value => AtLeast(value, 0),
        ["message.timestamp.before.max.ms"] = static value => AtLeast(value, 0),
        ["message.timestamp.type"] = static value => OneOf(value, "CreateTime", "LogAppendTime"),
        ["min.cleanable.dirty.ratio"] = static value => double.TryParse(value, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1 ? null : "a number from 0 to 1",
        ["min.compaction.lag.ms"] = static value => AtLeast(value, 0),
        ["min.insync.replicas"] = static value => AtLeast(value, 1),
        ["preallocate"] = static value => OneOf(value, s_booleans),
        ["retention.bytes"] = static value => AtLeast(value, -1),
        ["retention.ms"] = static value => AtLeast(value, -1),
        ["segment.bytes"] = static value => Between(value, 14, int.MaxValue),
        ["segment.index.bytes"] = static value => Between(value, 4, int.MaxValue),
        ["segment.jitter.ms"] = static value => AtLeast(value, 0),
        ["segment.ms"] = static value => AtLeast(value, 1),
        ["unclean.leader.election.enable"] = static value => OneOf(value, s_booleans),
    };

    private static readonly HashSet<string> s_effective =
    [
        "compression.gzip.level", "compression.lz4.level", "compression.type", "compression.zstd.level",
        "flush.messages", "flush.ms", "index.interval.bytes", "max.message.bytes",
        "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "message.timestamp.type",
        "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms",
    ];

    /// <summary>What is wrong with a topic's settings and what would be right; null when they are good.</summary>
    internal static string? Problem(IReadOnlyDictionary<string, string> configs)
    {
        foreach ((string key, string value) in configs)
        {
            if (!s_rules.TryGetValue(key, out Func<string, string?>? rule))
            {
                return $"'{key}' is no topic setting; Kafka has {string.Join(", ", s_rules.Keys)}.";
            }

            if (rule(value) is string wanted)
            {
                return $"The topic setting '{key}' is '{value}'; it takes {wanted}.";
            }
        }

        return null;
    }

    /// <summary>The settings that are kept and do nothing yet.</summary>
    internal static IReadOnlyList<string> WithoutEffect(IReadOnlyDictionary<string, string> configs) => [.. configs.Keys.Where(static key => !s_effective.Contains(key))];

    /// <summary>A topic's log settings: its own over the broker's.</summary>
    internal static LogSettings Apply(LogSettings defaults, IReadOnlyDictionary<string, string> configs) => defaults with
    {
        SegmentBytes = Integer(configs, "segment.bytes", defaults.SegmentBytes),
        MaxMessageBytes = Integer(configs, "max.message.bytes", defaults.MaxMessageBytes),
        IndexIntervalBytes = Integer(configs, "index.interval.bytes", defaults.IndexIntervalBytes),
        SegmentIndexBytes = Integer(configs, "segment.index.bytes", defaults.SegmentIndexBytes),
        SegmentMs = Long(configs, "segment.ms", defaults.SegmentMs),
        SegmentJitterMs = Long(configs, "segment.jitter.ms", defaults.SegmentJitterMs),
        FlushMessages = Long(configs, "flush.messages", defaults.FlushMessages),
        FlushMs = Long(configs, "flush.ms", defaults.FlushMs),
        TimestampType = configs.TryGetValue("message.timestamp.type", out string? type) ? Enum.Parse<TimestampType>(type) : defaults.TimestampType,
        TimestampBeforeMaxMs = Long(configs, "message.timestamp.before.max.ms", defaults.TimestampBeforeMaxMs),
        TimestampAfterMaxMs = Long(configs, "message.timestamp.after.max.ms", defaults.TimestampAfterMaxMs),
        Compression = configs.TryGetValue("compression.type", out string? compression) ? CompressionOf(compression, configs) : defaults.Compression,
        IsCompacted = configs.TryGetValue("cleanup.policy", out string? policy) && policy.Contains("compact", StringComparison.Ordinal),
    };

    private static BatchCompression? CompressionOf(string name, IReadOnlyDictionary<string, string> configs)
    {
        if (name == "producer")
        {
            return null;
        }

        CompressionType type = name == "uncompressed" ? CompressionType.None : Enum.Parse<CompressionType>(name, ignoreCase: true);
        return new BatchCompression(type, Integer(configs, $"compression.{name}.level", BatchCompression.DefaultLevel(type)));
    }

    private static string? Level(string value, CompressionType type) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int level) ? BatchCompression.LevelProblem(type, level) : "a whole number";

    private static int Integer(IReadOnlyDictionary<string, string> configs, string key, int otherwise) =>
        configs.TryGetValue(key, out string? value) ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static long Long(IReadOnlyDictionary<string, string> configs, string key, long otherwise) =>
        configs.TryGetValue(key, out string? value) ? long.Parse(value, CultureInfo.InvariantCulture) : otherwise;

    private static string? OneOf(string value, params string[] allowed) => allowed.Contains(value) ? null : string.Join(", ", allowed);

    private static string? AtLeast(string value, long minimum) => Between(value, minimum, long.MaxValue);

    private static string? Between(string value, long minimum, long maximum)
    {
        bool isGood = long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= minimum && number <= maximum;
        return isGood ? null : $"a whole number from {minimum}" + (maximum == long.MaxValue ? "" : $" to {maximum}");
    }
}
