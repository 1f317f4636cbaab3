using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Kafka's <c>partition.metadata</c>: the id of the topic that a folder belongs to,
/// even if a topic of that name was deleted and created again.
/// </summary>
internal static class PartitionMetadata
{
    internal const string FileName = LogFiles.PartitionMetadataFile;
    private const string IdKey = "topic_id: ";

    /// <summary>Writes the file; the caller flushes the directory.</summary>
    /// <param name="storage">The data directory.</param>
    /// <param name="directory">The partition's folder.</param>
    /// <param name="topicId">The topic's id.</param>
    /// <param name="syncs">False if a crash may lose the file, or half of it: the list of
    /// topics has the id, and a startup writes it again.</param>
    /// <exception cref="StorageException">It could not be written.</exception>
    internal static void Write(IStorage storage, string directory, Guid topicId, bool syncs)
    {
        string path = $"{directory}/{FileName}";
        string text = TextOf(topicId);
        if (syncs)
        {
            CheckpointFile.Write(storage, path, text, syncsDirectory: false);
            return;
        }

        storage.Open(path, FileOpening.Truncated, out IStorageFile? file).ThrowIfFailed($"Writing '{path}'");
        using (file)
        {
            file!.Write(0, Encoding.UTF8.GetBytes(text)).ThrowIfFailed($"Writing '{path}'");
        }
    }

    /// <summary>
    /// Returns whether the file is complete: a power failure may leave half of an unflushed
    /// one.
    /// </summary>
    internal static bool IsWhole(IStorage storage, string directory, Guid topicId) =>
        CheckpointFile.Read(storage, $"{directory}/{FileName}")?.TrimEnd('\n') == TextOf(topicId);

    private static string TextOf(Guid topicId) => $"version: 0\n{IdKey}{KafkaUuid.Format(topicId)}";

    /// <summary>
    /// Reads the topic's id; null if the file does not exist or contains none.
    /// </summary>
    internal static Guid? ReadTopicId(IStorage storage, string directory)
    {
        string? line = CheckpointFile.Read(storage, $"{directory}/{FileName}")?.Split('\n').FirstOrDefault(static line => line.StartsWith(IdKey, StringComparison.Ordinal));
        return line is not null && KafkaUuid.TryParse(line[IdKey.Length..].Trim(), out Guid id) ? id : null;
    }
}
