using System.Globalization;
using System.Text;

namespace Zurau.Engine.Storage;

/// <summary>
/// Reads and writes Kafka's offset checkpoints: a version line <c>0</c>, a count, and
/// lines of <c>topic partition offset</c>.
/// </summary>
internal static class OffsetCheckpoint
{
    internal static void Write(IStorage storage, string path, IReadOnlyCollection<KeyValuePair<TopicPartition, long>> offsets)
    {
        var text = new StringBuilder().Append("0\n").Append(offsets.Count).Append('\n');
        foreach ((TopicPartition partition, long offset) in offsets)
        {
            text.Append(CultureInfo.InvariantCulture, $"{partition.Topic} {partition.Partition} {offset}\n");
        }

        CheckpointFile.Write(storage, path, text.ToString());
    }

    /// <summary>Reads a checkpoint; empty if the file does not exist or is empty.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="path">The file.</param>
    /// <param name="advice">The remedy if it is damaged.</param>
    /// <exception cref="StorageException">The file is not a valid checkpoint.</exception>
    internal static Dictionary<TopicPartition, long> Read(IStorage storage, string path, string advice = "Delete it; the logs are then checked from their beginning.")
    {
        var offsets = new Dictionary<TopicPartition, long>();
        string[] lines = (CheckpointFile.Read(storage, path) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0)
        {
            return offsets;
        }

        if (lines.Length < 2 || lines[0].Trim() != "0" || !int.TryParse(lines[1], CultureInfo.InvariantCulture, out int count) || count != lines.Length - 2)
        {
            throw Malformed(path, lines[0], advice);
        }

        foreach (string line in lines.AsSpan(2))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length != 3
                || !int.TryParse(fields[1], CultureInfo.InvariantCulture, out int partition)
                || !long.TryParse(fields[2], CultureInfo.InvariantCulture, out long offset))
            {
                throw Malformed(path, line, advice);
            }

            offsets[new TopicPartition(fields[0], partition)] = offset;
        }

        return offsets;
    }

    private static StorageException Malformed(string path, string line, string advice) => new($"'{path}' is not a valid offset checkpoint: '{line}'. {advice}");
}
