using System.Globalization;

namespace Zurau.Inspection;

/// <summary>
/// Reads the lines of Kafka's text checkpoints: the version <c>0</c>, a count, and that
/// number of lines.
/// </summary>
internal static class TextCheckpoint
{
    /// <summary>
    /// Reads the lines after the count; returns null and the problem if it is not a
    /// checkpoint. An empty file has no lines.
    /// </summary>
    internal static IReadOnlyList<string>? Read(string text, out string problem)
    {
        problem = "";
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            return [];
        }

        if (lines[0].Trim() != "0")
        {
            problem = $"its version line is '{lines[0]}', not '0'";
        }
        else if (lines.Length < 2 || !int.TryParse(lines[1], CultureInfo.InvariantCulture, out int count))
        {
            problem = "it has no count";
        }
        else if (count != lines.Length - 2)
        {
            problem = $"its line count is {count}, but it has {lines.Length - 2} lines";
        }

        return problem.Length > 0 ? null : lines[2..];
    }

    /// <summary>Reads lines of <c>topic partition offset</c>.</summary>
    internal static Dictionary<TopicPartition, long>? ReadOffsets(string text, out string problem)
    {
        var offsets = new Dictionary<TopicPartition, long>();
        IReadOnlyList<string>? lines = Read(text, out problem);
        foreach (string line in lines ?? [])
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 3
                || !int.TryParse(fields[1], CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(fields[2], CultureInfo.InvariantCulture, out long offset))
            {
                problem = $"the line '{line}' is not of the form 'topic partition offset'";
                return null;
            }

            offsets[new TopicPartition(fields[0], partition)] = offset;
        }

        return lines is null ? null : offsets;
    }

    /// <summary>Reads lines of <c>epoch start-offset</c>.</summary>
    internal static IReadOnlyList<EpochEntry>? ReadEpochs(string text, out string problem)
    {
        var epochs = new List<EpochEntry>();
        IReadOnlyList<string>? lines = Read(text, out problem);
        foreach (string line in lines ?? [])
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 2
                || !int.TryParse(fields[0], CultureInfo.InvariantCulture, out int epoch)
                || !long.TryParse(fields[1], CultureInfo.InvariantCulture, out long startOffset))
            {
                problem = $"the line '{line}' is not of the form 'epoch start-offset'";
                return null;
            }

            epochs.Add(new EpochEntry(epoch, startOffset));
        }

        return lines is null ? null : epochs;
    }
}
