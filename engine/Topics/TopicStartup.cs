using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Opens the topics of a data directory and finds creations and deletions that a crash
/// interrupted.
/// </summary>
internal sealed partial class TopicStartup(IStorage storage, PartitionOpener opener, Random random, ILogger logger)
{
    private const int ManyPartitions = 512; // Below this number, threads cost more than they save.

    /// <summary>
    /// The folders of topics that were being deleted; they may be deleted once the list of
    /// topics does not contain them.
    /// </summary>
    internal IReadOnlyList<string> Deleted { get; private set; } = [];

    /// <summary>Opens every log.</summary>
    /// <param name="stored">The stored topics and offsets.</param>
    /// <param name="isClean">Whether the directory was closed cleanly, so that every log is
    /// flushed to its end.</param>
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

        Topic[] opened = [.. topics.Select(static description => new Topic(description, new Partition[description.Partitions]))];
        (Topic Topic, int Number)[] partitions = [.. opened.SelectMany(static topic => Enumerable.Range(0, topic.Partitions.Length).Select(i => (topic, i)))];
        try
        {
            Open(partitions.Length, i =>
            {
                (Topic topic, int number) = partitions[i];
                topic.Partitions[number] = opener.Open(new TopicPartition(topic.Description.Name, number), topic.Description, isClean, stored);
            });
            return [.. opened];
        }
        catch
        {
            LogEnding.Release(opened.SelectMany(static topic => topic.Partitions).Select(static partition => partition?.Log).OfType<PartitionLog>());
            throw;
        }
    }

    /// <summary>
    /// Opens partitions in sequence; many partitions are opened on all processors.
    /// Simulations have few, because a simulator has its own threads.
    /// </summary>
    private static void Open(int count, Action<int> open)
    {
        if (count < ManyPartitions)
        {
            for (int i = 0; i < count; i++)
            {
                open(i);
            }

            return;
        }

        try
        {
            Parallel.For(0, count, open);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder '{Folder}' belongs to no topic that topics.checkpoint knows; it is neither served nor changed. Move it away. If it is a partition of Kafka's that is to be served, delete topics.checkpoint: all partitions' folders are then taken over.")]
    private partial void LogStranger(string folder);
}
