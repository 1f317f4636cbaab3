using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Creates topics: all that are asked for at one time, by one request or several, share one flush of the data directory and one of the list of
/// topics. Nothing finds a topic before it is durable: records in a topic that the next startup does not know would be lost.
/// </summary>
/// <param name="topics">The topics that there are; new ones are added.</param>
/// <param name="names">Names that are taken.</param>
/// <param name="opener">Makes their folders.</param>
/// <param name="store">The list of topics on disk.</param>
/// <param name="defaults">Settings of a log whose topic has none.</param>
/// <param name="defaultPartitions">Partitions of a topic that asks for -1.</param>
/// <param name="random">Makes ids.</param>
/// <param name="logger">Logs new topics.</param>
internal sealed class TopicCreator(
    ConcurrentDictionary<string, Topic> topics,
    TopicNames names,
    PartitionOpener opener,
    TopicStore store,
    LogSettings defaults,
    int defaultPartitions,
    Random random,
    ILogger logger)
{
    private readonly ConcurrentQueue<TopicCreation> _waiting = new();

    /// <summary>Takes a request, which the next call of <see cref="CreateAll"/> fulfils. Any thread.</summary>
    internal void Add(TopicCreation creation) => _waiting.Enqueue(creation);

    /// <summary>Fulfils the requests that wait. The caller holds the lock for topic changes.</summary>
    /// <param name="isClosing">Whether they are refused.</param>
    internal void CreateAll(bool isClosing)
    {
        var requests = new List<TopicCreation>();
        while (_waiting.TryDequeue(out TopicCreation? waiting)) // Ends: who has added one waits for its answer.
        {
            requests.Add(waiting);
        }

        var made = new Dictionary<string, Topic>(StringComparer.Ordinal);
        ErrorResult problem = new(ErrorCode.UnknownServerError, "It was interrupted by an internal error; try again.");
        try
        {
            foreach (TopicCreation request in requests)
            {
                Make(request, made, isClosing);
            }

            problem = made.Count == 0 ? ErrorResult.None : List(made);
        }
        finally
        {
            Answer(requests, made, problem);
        }
    }

    /// <summary>Makes the folders of a request's topics.</summary>
    private void Make(TopicCreation request, Dictionary<string, Topic> made, bool isClosing)
    {
        var repeated = request.Wanted.GroupBy(static topic => topic.Name, StringComparer.Ordinal).Where(static topics => topics.Skip(1).Any()).Select(static topics => topics.Key).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < request.Wanted.Count; i++)
        {
            NewTopic wanted = request.Wanted[i];
            request.Results[i] = isClosing ? TopicRegistry.Closing(wanted.Name)
                : repeated.Contains(wanted.Name) ? new ErrorResult(ErrorCode.InvalidRequest, $"The request names topic '{wanted.Name}' more than once.")
                : made.ContainsKey(wanted.Name) ? Exists(wanted.Name) // Of another request at this time; it shares its fate.
                : Make(wanted, made);
        }
    }

    private ErrorResult Make(NewTopic wanted, Dictionary<string, Topic> made)
    {
        int partitions = wanted.Partitions == -1 ? defaultPartitions : wanted.Partitions;
        ErrorResult problem = NewTopicCheck.Check(wanted, partitions, defaults);
        problem = !problem.IsSuccess ? problem : topics.ContainsKey(wanted.Name) ? Exists(wanted.Name) : names.Check(wanted.Name);
        if (!problem.IsSuccess)
        {
            return problem;
        }

        var description = new TopicDescription(
            wanted.Name,
            KafkaUuid.Create(random),
            partitions,
            wanted.ReplicationFactor == -1 ? (short)1 : wanted.ReplicationFactor,
            wanted.Configs,
            TopicName.IsInternal(wanted.Name));
        try
        {
            store.Settle(); // A creation that failed may be on disk with its id: the folder gets another one only when it is not.
            made[wanted.Name] = new Topic(description, opener.Create(description, 0));
            names.Add(wanted.Name);
            return ErrorResult.None;
        }
        catch (StorageException exception)
        {
            return Failed(wanted.Name, exception);
        }
    }

    /// <summary>Makes topics exist whose folders were made.</summary>
    private ErrorResult List(Dictionary<string, Topic> made)
    {
        try
        {
            opener.Sync();
            store.Put([.. made.Values.Select(static topic => topic.Description)]);
        }
        catch (StorageException exception)
        {
            return Failed(string.Join("', '", made.Keys.Take(3)), exception);
        }

        return ErrorResult.None;
    }

    private void Answer(List<TopicCreation> requests, Dictionary<string, Topic> made, ErrorResult problem)
    {
        foreach ((string name, Topic topic) in made)
        {
            if (problem.IsSuccess)
            {
                topics[name] = topic;
                names.RemoveDeletion(name);
                new TopicNotices(logger).Created(topic.Description);
            }
            else
            {
                names.Remove(name);
                Array.ForEach(topic.Partitions, static partition => partition.Log?.Release());
            }
        }

        foreach (TopicCreation request in requests)
        {
            for (int i = 0; i < request.Wanted.Count; i++)
            {
                string name = request.Wanted[i].Name;
                bool isMade = made.ContainsKey(name);
                request.Results[i] = problem.IsSuccess || !isMade && request.Results[i] is { IsSuccess: false } ? request.Results[i] : problem;
                request.Topics[i] = request.Results[i].Error is ErrorCode.None or ErrorCode.TopicAlreadyExists ? topics.GetValueOrDefault(name) : null;
            }

            request.IsDone = true;
        }
    }

    private static ErrorResult Exists(string name) => new(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");

    private static ErrorResult Failed(string name, StorageException exception) =>
        new(ErrorCode.KafkaStorageError, $"Topic '{name}' could not be created: {exception.Message}");
}
