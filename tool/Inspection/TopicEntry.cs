using System.Globalization;

namespace Zurau.Inspection;

/// <summary>
/// A line of <c>topics.checkpoint</c>: <c>name id partitions replication-factor
/// key=value…</c>, with percent-escaped values.
/// </summary>
internal sealed record TopicEntry(string Name, string Id, int Partitions, IReadOnlyDictionary<string, string> Configs)
{
    internal bool IsCompacted => Configs.GetValueOrDefault(TopicConfigs.CleanupPolicy)?.Contains("compact", StringComparison.Ordinal) ?? false;

    /// <summary>Reads the file; returns null and the problem if it is not valid.</summary>
    internal static IReadOnlyList<TopicEntry>? ReadAll(string text, out string problem)
    {
        var topics = new List<TopicEntry>();
        IReadOnlyList<string>? lines = TextCheckpoint.Read(text, out problem);
        foreach (string line in lines ?? [])
        {
            string[] fields = line.Split(' ');
            if (fields.Length < 4
                || fields[1].Length != 22
                || !int.TryParse(fields[2], CultureInfo.InvariantCulture, out int partitions)
                || partitions < 1
                || !short.TryParse(fields[3], CultureInfo.InvariantCulture, out _)
                || fields.Skip(4).Any(static config => config.IndexOf('=') <= 0))
            {
                problem = $"the line '{line}' is not of the form 'name id partitions replication-factor key=value…'";
                return null;
            }

            topics.Add(new TopicEntry(fields[0], fields[1], partitions, fields.Skip(4).Select(static config => config.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => Uri.UnescapeDataString(pair[1]))));
        }

        return lines is null ? null : topics;
    }
}
