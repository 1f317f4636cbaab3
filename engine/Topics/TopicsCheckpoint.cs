using System.Globalization;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The engine's list of topics: a version line <c>0</c>, a count, and lines of <c>name
/// id partitions replication-factor key=value…</c>, values percent-escaped.
/// </summary>
internal static class TopicsCheckpoint
{
    internal const string FileName = "topics.checkpoint";

    /// <summary>Returns the whole file for topics in ordinal order of their names.</summary>
    internal static string Format(IReadOnlyCollection<TopicDescription> topics)
    {
        var text = new StringBuilder().Append("0\n").Append(topics.Count).Append('\n');
        foreach (TopicDescription topic in topics)
        {
            text.Append(Line(topic)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Returns the line of one topic.</summary>
    internal static string Line(TopicDescription topic)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"{topic.Name} {KafkaUuid.Format(topic.TopicId)} {topic.Partitions} {topic.ReplicationFactor}");
        foreach (string key in topic.Configs.Keys.Order(StringComparer.Ordinal))
        {
            line.Append(' ').Append(key).Append('=').Append(Uri.EscapeDataString(topic.Configs[key]));
        }

        return line.ToString();
    }

    /// <summary>Reads the topics of a file.</summary>
    /// <exception cref="StorageException">The file is damaged.</exception>
    internal static IReadOnlyList<TopicDescription> Parse(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != "0" || !int.TryParse(lines[1], CultureInfo.InvariantCulture, out int count) || count != lines.Length - 2)
        {
            throw Malformed(lines.FirstOrDefault() ?? "");
        }

        TopicDescription[] topics = [.. lines.Skip(2).Select(ParseLine)];
        return topics.Select(static topic => topic.Name).Distinct(StringComparer.Ordinal).Count() == topics.Length
            ? topics
            : throw Malformed("two topics of one name");
    }

    /// <summary>Reads the line of one topic.</summary>
    /// <exception cref="StorageException">The line is damaged.</exception>
    internal static TopicDescription ParseLine(string line)
    {
        string[] fields = line.Split(' ');
        if (fields.Length < 4
            || TopicName.Problem(fields[0]) is not null
            || !KafkaUuid.TryParse(fields[1], out Guid id)
            || !int.TryParse(fields[2], CultureInfo.InvariantCulture, out int partitions)
            || partitions < 1
            || !short.TryParse(fields[3], CultureInfo.InvariantCulture, out short replicationFactor))
        {
            throw Malformed(line);
        }

        var configs = new Dictionary<string, string>();
        foreach (string config in fields.Skip(4))
        {
            int equals = config.IndexOf('=');
            if (equals <= 0)
            {
                throw Malformed(line);
            }

            configs[config[..equals]] = Uri.UnescapeDataString(config[(equals + 1)..]);
        }

        if (TopicConfig.Problem(new LogSettings(), configs) is not null)
        {
            throw Malformed(line);
        }

        return new TopicDescription(fields[0], id, partitions, replicationFactor, configs, TopicName.IsInternal(fields[0]));
    }

    private static StorageException Malformed(string line) =>
        new($"'{FileName}' is damaged at '{line}'. Delete it: the topics are then derived from the partitions' folders, without their settings.");
}
