using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The topics of a data directory and their logs. Finding one takes no lock; creating and deleting take one, as they write files and
/// are rare. A topic exists once the checkpoint that lists it is durable.
/// </summary>
internal sealed partial class TopicRegistry
{
    private readonly ConcurrentDictionary<string, Topic> _topics;
    private readonly TopicStore _store;
    private readonly TopicSettings _settings;
    private readonly TopicNames _names = new(); // Under _changes.
    private readonly TopicCreator _creator;
    private readonly LogEnding _ending;
    private readonly PartitionOpener _opener; // Used at startup and under _changes.
    private readonly DirectoryEpoch _epoch;
    private readonly IStorage _storage;
    private readonly LogSettings _defaults;
    private readonly Random _random;
    private readonly HealthLog _health;
    private readonly ILogger _logger;
    private bool _isClosing; // Guarded by _changes; set once.
    private readonly FileLock _changes; // Guards changes of _topics, the files that go with them, and the random numbers.

    internal TopicRegistry(
        IStorage storage,
        LogSettings defaults,
        int defaultPartitions,
        Random random,
        TimeProvider time,
        TouchDuty toucher,
        SegmentCache cache,
        HealthLog health,
        ILogger logger)
    {
        _storage = storage;
        _defaults = defaults;
        _random = random;
        _health = health;
        _logger = logger;
        _topics = new ConcurrentDictionary<string, Topic>(StringComparer.Ordinal);
        _changes = new FileLock(defaults.Hooks);
        _store = new TopicStore(storage, All, defaults.Hooks);
        _settings = new TopicSettings(defaults, _store);
        _epoch = DirectoryEpoch.Load(storage);
        _opener = new PartitionOpener(storage, _epoch, defaults, random, time, toucher, cache, health, logger);
        _creator = new TopicCreator(_topics, _names, _opener, _store, defaults, defaultPartitions, random, logger);
        Deletions = new DeletionDuty(storage, _store, health, logger);
        _ending = new LogEnding(logger);
    }

    /// <summary>Deletes the files of topics that were deleted.</summary>
    internal DeletionDuty Deletions { get; }

    /// <summary>Whether the folder of a partition, of one topic or of any, was not there at startup.</summary>
    internal bool HasLostFolders(string? topic = null) =>
        (topic is null ? All() : Find(topic) is { } found ? [found] : []).Any(static topic => topic.Partitions.Any(static partition => partition.WasLost));

    /// <summary>A partition's log; null where there is none, or it is offline.</summary>
    internal PartitionLog? Find(TopicPartition partition) => FindPartition(partition)?.Log;

    internal Partition? FindPartition(TopicPartition partition) =>
        _topics.TryGetValue(partition.Topic, out Topic? topic) && (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition]
            : null;

    internal Topic? Find(string name) => _topics.GetValueOrDefault(name);

    /// <summary>
    /// Finds a partition of the topic that has both a name and an id; an empty id stands for that of the topic that has the name now. Null
    /// with an error, which is Kafka's.
    /// </summary>
    internal ErrorCode Find(TopicPartition partition, Guid topicId, out Topic? topic)
    {
        ErrorCode error = Find(partition.Topic, topicId, out topic);
        if (topic is not null && (uint)partition.Partition >= (uint)topic.Partitions.Length)
        {
            topic = null;
            return ErrorCode.UnknownTopicOrPartition;
        }

        return error;
    }

    /// <summary>Finds the topic that has both a name and an id, likewise.</summary>
    internal ErrorCode Find(string name, Guid topicId, out Topic? topic)
    {
        topic = Find(name);
        ErrorCode error = topic is null ? topicId == default ? ErrorCode.UnknownTopicOrPartition : ErrorCode.UnknownTopicId
            : topicId != default && topicId != topic.Description.TopicId ? ErrorCode.InconsistentTopicId
            : ErrorCode.None;
        topic = error == ErrorCode.None ? topic : null;
        return error;
    }

    /// <summary>Where failures are reported.</summary>
    internal HealthLog Health => _health;

    /// <summary>All topics in ordinal order of their names.</summary>
    internal IReadOnlyList<Topic> All() => [.. _topics.Values.OrderBy(static topic => topic.Description.Name, StringComparer.Ordinal)];

    /// <summary>The highest producer id that a log knows; -1 for none.</summary>
    internal long HighestProducerId =>
        All().SelectMany(static topic => topic.Logs).SelectMany(static log => log.Producers.All).Select(static producer => producer.ProducerId).Append(-1).Max();

    /// <summary>Opens every log. Call once, before anything else.</summary>
    /// <param name="isClean">Whether the directory was closed cleanly, so that every log is flushed to its end.</param>
    internal void Open(bool isClean)
    {
        StoredTopics stored = TopicStore.Read(_storage);
        var startup = new TopicStartup(_storage, _opener, _random, _logger);
        foreach (Topic topic in startup.Open(stored, isClean))
        {
            _topics[topic.Description.Name] = topic;
            _names.Add(topic.Description.Name);
        }

        _epoch.Store(); // Before anything is appended in one.
        PartitionLog[] doubtful = _opener.AreGapsUnknown && !isClean ? [.. All().SelectMany(static topic => topic.Logs).Where(static log => log.Settings.IsCompacted)] : [];
        if (doubtful.Length > 0)
        {
            // The next start shall know. It would take a gap above the recovery point that is written here for a lost tail, so all must be flushed.
            Array.ForEach(doubtful, static log => log.FlushSealed().ThrowIfFailed($"Flushing {log.Partition}"));
            WriteOffsets();
        }

        // Also where there is no topic yet: else the folders of a first topic, whose creation a crash cuts short, would be taken over.
        _store.Begin(stored, isChanged: stored.Topics is null || startup.Deleted.Count > 0);
        if (HasLostFolders())
        {
            WriteOffsets(); // What is written is of the folders that were moved away: it would delete what is appended now.
        }

        // After the list: a topic that is listed and has no folders any more could not be told from one that lost them.
        if (startup.Deleted.Count > 0)
        {
            Deletions.Add(new TopicDeletion(startup.Deleted));
        }
    }

    /// <summary>Creates a topic durably; <paramref name="created"/> is also one that has the name already.</summary>
    internal ErrorResult Create(NewTopic topic, out Topic? created)
    {
        TopicCreation creation = Create([topic]);
        created = creation.Topics[0];
        return creation.Results[0];
    }

    /// <summary>Creates topics durably, with the flushes of one.</summary>
    internal TopicCreation Create(IReadOnlyList<NewTopic> topics)
    {
        var creation = new TopicCreation(topics);
        _creator.Add(creation);
        using (_changes.Enter())
        {
            if (!creation.IsDone) // Another caller may have created its topics and these.
            {
                _creator.CreateAll(_isClosing);
            }
        }

        return creation;
    }

    /// <summary>Deletes a topic; <paramref name="deleted"/> is null if it is not deleted, and nothing finds it any more otherwise.</summary>
    internal ErrorResult Delete(string name, out Topic? deleted)
    {
        deleted = null;
        using (_changes.Enter())
        {
            if (_isClosing)
            {
                return Closing(name);
            }

            if (!_topics.TryRemove(name, out Topic? topic))
            {
                return new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.");
            }

            deleted = topic;
            _names.Remove(name);
            _ending.Abandon(topic.Logs); // Before the folder is renamed: from then on nothing of these logs finds a file by its name.
            Array.ForEach([.. Enumerable.Range(0, topic.Partitions.Length).Select(i => new TopicPartition(name, i))], _health.Forget);
            var deletion = new TopicDeletion(topic.Description);
            try
            {
                deletion.Mark(_storage, _store);
                return ErrorResult.None;
            }
            catch (StorageException exception)
            {
                _names.AddDeletion(name, deletion);
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{name}' is not served any more and not deleted yet; this is tried again, and a startup finishes it or has the topic back as a whole. {exception.Message}");
            }
            finally
            {
                Deletions.Add(deletion);
            }
        }
    }

    /// <summary>Gives a topic more partitions, durably.</summary>
    internal ErrorResult CreatePartitions(string name, int count, bool validateOnly)
    {
        using (_changes.Enter())
        {
            if (_isClosing)
            {
                return Closing(name);
            }

            Topic? topic = Find(name);
            ErrorResult problem = NewTopicCheck.CheckPartitions(name, topic?.Description, count);
            if (!problem.IsSuccess || validateOnly)
            {
                return problem;
            }

            TopicDescription description = topic!.Description with { Partitions = count };
            Partition[] added = [];
            try
            {
                // As for a new topic: they are found when they are sure to be there after a crash.
                added = _opener.Create(description, topic.Partitions.Length);
                _opener.Sync();
                _store.Put([description]);
            }
            catch (StorageException exception)
            {
                Array.ForEach(added, static partition => partition.Log?.Release());
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{name}' keeps its {topic.Partitions.Length} partition(s): {exception.Message}");
            }

            _topics[name] = new Topic(description, [.. topic.Partitions, .. added]);
            LogPartitionsCreated(name, topic.Partitions.Length, count);
            return ErrorResult.None;
        }
    }

    /// <summary>Closes every log and writes how far each is; true when all went well. Files stay mapped until <see cref="Release"/>.</summary>
    internal bool Close()
    {
        bool isClean;
        using (_changes.Enter())
        {
            _isClosing = true; // A topic made from here on would not be closed, and a clean marker would say that it was.
            isClean = _names.AreDeletionsMarked; // Else it may come back, and its logs were not closed.
        }

        IReadOnlyList<Topic> topics = All();
        isClean &= topics.All(static topic => topic.Partitions.All(static partition => partition.Log is not null));
        isClean &= _ending.Close(topics.SelectMany(static topic => topic.Logs));
        try
        {
            _store.Close();
        }
        catch (Exception exception) when (exception is not IProcessEnd)
        {
            isClean = false;
            LogOffsetsFailed(exception.Message);
        }

        return isClean;
    }

    /// <summary>Writes how far each log is.</summary>
    /// <exception cref="StorageException">It could not be written; what was written before stays.</exception>
    internal void WriteOffsets() => _store.WriteOffsets();

    /// <summary>Makes records below an offset unreadable, durably.</summary>
    internal ErrorResult DeleteRecords(PartitionLog log, long beforeOffset)
    {
        ErrorResult result = RecordDeletion.MoveStart(log, beforeOffset);
        if (!result.IsSuccess)
        {
            return result;
        }

        try
        {
            // A topic that is being deleted needs no start.
            if (FindPartition(log.Partition)?.Log == log && Find(log.Partition.Topic) is { } topic)
            {
                _store.MoveStart(topic.Description.TopicId, log.Partition, log.LogStartOffset);
            }

            return ErrorResult.None;
        }
        catch (StorageException exception)
        {
            return new ErrorResult(ErrorCode.KafkaStorageError, $"The new start of {log.Partition} was not written down and may be forgotten: {exception.Message}");
        }
    }

    /// <summary>Every setting as it counts for a topic; null where there is no such topic.</summary>
    internal IReadOnlyList<ConfigEntry>? DescribeConfigs(string name) =>
        Find(name) is { } topic ? TopicConfig.Describe(_defaults, topic.Description.Configs) : null;

    /// <summary>Changes a topic's settings durably; they count when this returns.</summary>
    internal ErrorResult AlterConfigs(string name, IReadOnlyList<ConfigChange> changes)
    {
        using (_changes.Enter())
        {
            if (_isClosing)
            {
                return Closing(name);
            }

            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"The topic '{name}' does not exist.");
            }

            ErrorResult result = _settings.Change(topic, changes, out Topic altered);
            if (result.IsSuccess)
            {
                _topics[name] = altered;
                LogAltered(name, string.Join(", ", changes.Select(static change => $"{change.Operation} {change.Name} {change.Value}")));
            }

            return result;
        }
    }

    internal void Release() => LogEnding.Release(All().SelectMany(static topic => topic.Logs));

    internal static ErrorResult Closing(string topic) =>
        new(ErrorCode.BrokerNotAvailable, $"The engine is being closed; topic '{topic}' is left as it is.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Topic '{Topic}' has {Count} partitions; it had {Before}.")]
    private partial void LogPartitionsCreated(string topic, int before, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settings of topic '{Topic}' were changed: {Changes}.")]
    private partial void LogAltered(string topic, string changes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The offset checkpoints could not be written at the end: {Reason} The next start reads what came since the last ones.")]
    private partial void LogOffsetsFailed(string reason);
}
