using Microsoft.Extensions.Logging;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>Opens the topics of a data directory and finds what creations and deletions that a crash interrupted have left.</summary>
internal sealed partial class TopicStartup(IStorage storage, PartitionOpener opener, Random random, ILogger logger)
{
    /// <summary>The folders of topics that were being deleted; they may be deleted once the list of topics does not name them.</summary>
    internal IReadOnlyList<string> Deleted { get; private set; } = [];

    /// <summary>Opens every log.</summary>
    /// <param name="stored">What the directory says.</param>
    /// <param name="isClean">Whether the directory was closed cleanly, so that every log is flushed to its end.</param>
    internal List<Topic> Open(StoredTopics stored, bool isClean)
    {
        storage.List("", out IReadOnlyList<string> names).ThrowIfFailed($"Listing {storage.Description}");
        var adoption = new TopicAdoption(storage, random, logger);
        List<TopicDescription> topics = [.. stored.Topics ?? adoption.Adopt(names)];
        opener.AreGapsUnknown = stored.Topics is null || stored.IsRecoveryPointLost;
        opener.Found(names);
        Deleted = adoption.FindDeletions(names, topics);
        if (stored.Topics is not null)
        {
            CreationRecovery.TakeBack(storage, names, topics).ForEach(LogStranger);
        }

        var opened = new List<Partition>();
        try
        {
            return topics.ConvertAll(description => new Topic(description, [.. Enumerable.Range(0, description.Partitions).Select(i => Open(description, i))]));
        }
        catch
        {
            LogEnding.Release(opened.Where(static partition => partition.Log is not null).Select(static partition => partition.Log!));
            throw;
        }

        Partition Open(TopicDescription description, int number)
        {
            opened.Add(opener.Open(new TopicPartition(description.Name, number), description, isClean, stored));
            return opened[^1];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder '{Folder}' belongs to no topic that topics.checkpoint knows; it is neither served nor changed. Move it away. If it is a partition of Kafka's that is to be served, delete topics.checkpoint: all partitions' folders are then taken over.")]
    private partial void LogStranger(string folder);
}
