using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>Kafka's <c>partition.metadata</c>: which topic a folder belongs to, also when a topic of that name was deleted and made again.</summary>
internal static class PartitionMetadata
{
    internal const string FileName = LogFiles.PartitionMetadataFile;
    private const string IdKey = "topic_id: ";

    /// <summary>Writes the file; the caller flushes the directory.</summary>
    internal static void Write(IStorage storage, string directory, Guid topicId) =>
        CheckpointFile.Write(storage, $"{directory}/{FileName}", $"version: 0\n{IdKey}{KafkaUuid.Format(topicId)}", syncsDirectory: false);

    /// <summary>Reads the topic's id; null where there is no such file or it says none.</summary>
    internal static Guid? ReadTopicId(IStorage storage, string directory)
    {
        string? line = CheckpointFile.Read(storage, $"{directory}/{FileName}")?.Split('\n').FirstOrDefault(static line => line.StartsWith(IdKey, StringComparison.Ordinal));
        return line is not null && KafkaUuid.TryParse(line[IdKey.Length..].Trim(), out Guid id) ? id : null;
    }
}
