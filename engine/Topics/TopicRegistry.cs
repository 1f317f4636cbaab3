using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The topics of a data directory and their logs. Lookups take no lock; creations and
/// deletions, which write files and are rare, share one. A topic exists once the
/// checkpoint that lists it is durable.
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
    private readonly IoLock _changes; // Guards changes of _topics, the files that go with them, and the random numbers.

    internal TopicRegistry(
        IStorage storage,
        DirectoryEpoch epoch,
        LogSettings defaults,
        int defaultPartitions,
        Random random,
        TimeProvider time,
        PrefaultDuty prefault,
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
        _changes = new IoLock(defaults.Hooks);
        _store = new TopicStore(storage, All, defaults.Hooks);
        _settings = new TopicSettings(defaults, _store);
        _epoch = epoch;
        _opener = new PartitionOpener(storage, epoch, defaults, random, time, prefault, cache, health, logger);
        _creator = new TopicCreator(_topics, _names, _opener, _store, defaults, defaultPartitions, random, logger);
        Deletions = new DeletionDuty(storage, _store, health, logger);
        _ending = new LogEnding(logger);
    }

    /// <summary>Deletes the files of deleted topics.</summary>
    internal DeletionDuty Deletions { get; }

    /// <summary>
    /// Returns whether the folder of a partition, of one topic or of any, did not exist at
    /// startup.
    /// </summary>
    internal bool HasLostFolders(string? topic = null) =>
        (topic is null ? All() : Find(topic) is { } found ? [found] : []).Any(static topic => topic.Partitions.Any(static partition => partition.WasLost));

    /// <summary>Returns a partition's log; null if it does not exist or is offline.</summary>
    internal PartitionLog? Find(TopicPartition partition) => FindPartition(partition)?.Log;

    internal Partition? FindPartition(TopicPartition partition) =>
        _topics.TryGetValue(partition.Topic, out Topic? topic) && (uint)partition.Partition < (uint)topic.Partitions.Length
            ? topic.Partitions[partition.Partition]
            : null;

    internal Topic? Find(string name) => _topics.GetValueOrDefault(name);

    /// <summary>
    /// Finds the topic of a partition by name and id; an empty id means any topic with the
    /// name. Null with one of Kafka's errors if it is not found.
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

    /// <summary>Finds a topic by name and id, with the same rules.</summary>
    internal ErrorCode Find(string name, Guid topicId, out Topic? topic)
    {
        topic = Find(name);
        ErrorCode error = topic is null ? topicId == default ? ErrorCode.UnknownTopicOrPartition : ErrorCode.UnknownTopicId
            : topicId != default && topicId != topic.Description.TopicId ? ErrorCode.InconsistentTopicId
            : ErrorCode.None;
        topic = error == ErrorCode.None ? topic : null;
        return error;
    }

    /// <summary>Reports failures.</summary>
    internal HealthLog Health => _health;

    /// <summary>Returns all topics in ordinal order of their names.</summary>
    internal IReadOnlyList<Topic> All() => [.. _topics.Values.OrderBy(static topic => topic.Description.Name, StringComparer.Ordinal)];

    /// <summary>The highest producer id in the logs; -1 for none.</summary>
    internal long HighestProducerId =>
        All().SelectMany(static topic => topic.Logs).SelectMany(static log => log.Producers.All).Select(static producer => producer.ProducerId).Append(-1).Max();

    /// <summary>Opens every log. Must be called once, before anything else.</summary>
    /// <param name="isClean">Whether the directory was closed cleanly, so that every log is
    /// flushed to its end.</param>
    internal void Open(bool isClean)
    {
        StoredTopics stored = TopicStore.Read(_storage);
        var startup = new TopicStartup(_storage, _opener, _random, _logger);
        foreach (Topic topic in startup.Open(stored, isClean))
        {
            _topics[topic.Description.Name] = topic;
            _names.Add(topic.Description.Name);
        }

        _epoch.Store(); // Before the first append of this epoch.
        PartitionLog[] doubtful = _opener.AreGapsUnknown && !isClean ? [.. All().SelectMany(static topic => topic.Logs).Where(static log => log.Settings.IsCompacted)] : [];
        if (doubtful.Length > 0)
        {
            // The next startup must know these recovery points. It would treat a gap above them as
            // a lost tail, so everything must be flushed.
            Array.ForEach(doubtful, static log => log.FlushSealed().ThrowIfFailed($"Flushing {log.Partition}"));
            WriteOffsets();
        }

        // Written even without topics: otherwise the folders of a first topic, whose creation
        // a crash interrupts, would be adopted.
        _store.Begin(stored, isChanged: stored.Topics is null || startup.Deleted.Count > 0);
        if (HasLostFolders())
        {
            WriteOffsets(); // Replaces offsets of the folders that were moved away: they would delete new records.
        }

        // After the list: a listed topic without folders could not be distinguished from one
        // that lost them.
        if (startup.Deleted.Count > 0)
        {
            Deletions.Add(new TopicDeletion(startup.Deleted));
        }
    }

    /// <summary>
    /// Creates a topic durably; <paramref name="created"/> is also set if the topic exists
    /// already.
    /// </summary>
    internal ErrorResult Create(NewTopic topic, out Topic? created)
    {
        TopicCreation creation = Create([topic]);
        created = creation.Topics[0];
        return creation.Results[0];
    }

    /// <summary>Creates topics durably; they share their flushes.</summary>
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

    /// <summary>
    /// Deletes a topic; <paramref name="deleted"/> is null if it failed, otherwise the
    /// topic cannot be found any more.
    /// </summary>
    internal ErrorResult Delete(string name, out Topic? deleted)
    {
        deleted = null;
        using (_changes.Enter())
        {
            if (_isClosing)
            {
                return Closing(name);
            }

            if (!_topics.TryGetValue(name, out Topic? topic))
            {
                return new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist.");
            }

            _store.BeginRemoval(topic);
            _topics.TryRemove(name, out _);
            deleted = topic;
            _names.Remove(name);
            _ending.Abandon(topic.Logs); // Before the folder is renamed: after that, these logs cannot open files by name.
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
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{name}' is unavailable, but its deletion is not durable yet; it is retried, and a restart either completes it or restores the whole topic. {exception.Message}");
            }
            finally
            {
                Deletions.Add(deletion);
            }
        }
    }

    /// <summary>Adds partitions to a topic, durably.</summary>
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
                // As for a new topic: they can be found only after they are durable.
                added = _opener.Create(description, topic.Partitions.Length);
                _opener.Sync();
                _store.Put([description]);
            }
            catch (StorageException exception)
            {
                Array.ForEach(added, static partition => partition.Log?.Release());
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{name}' still has {topic.Partitions.Length} partition(s): {exception.Message}");
            }

            _topics[name] = new Topic(description, [.. topic.Partitions, .. added]);
            LogPartitionsCreated(name, topic.Partitions.Length, count);
            return ErrorResult.None;
        }
    }

    /// <summary>
    /// Closes every log and writes the offset checkpoints; true if everything succeeded.
    /// Files stay mapped until <see cref="Release"/>.
    /// </summary>
    internal bool Close()
    {
        bool isClean;
        using (_changes.Enter())
        {
            _isClosing = true; // A topic created after this would not be closed, but the marker would claim a clean shutdown.
            isClean = _names.AreDeletionsMarked; // Otherwise a restart may restore the topic, whose logs were not closed.
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

    /// <summary>Writes the offset checkpoints.</summary>
    /// <exception cref="StorageException">They could not be written; the old ones are
    /// kept.</exception>
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
            // A topic that is being deleted needs no start offset.
            if (FindPartition(log.Partition)?.Log == log && Find(log.Partition.Topic) is { } topic)
            {
                _store.MoveStart(topic.Description.TopicId, log.Partition, log.LogStartOffset);
            }

            return ErrorResult.None;
        }
        catch (StorageException exception)
        {
            return new ErrorResult(ErrorCode.KafkaStorageError, $"The new start of {log.Partition} could not be persisted and may be lost in a crash: {exception.Message}");
        }
    }

    /// <summary>Lists the effective settings of a topic; null if it does not exist.</summary>
    internal IReadOnlyList<ConfigEntry>? DescribeConfigs(string name) =>
        Find(name) is { } topic ? TopicConfig.Describe(_defaults, topic.Description.Configs) : null;

    /// <summary>
    /// Changes a topic's settings durably; they are effective when this returns.
    /// </summary>
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

    /// <summary>Closes all files. Nothing is written any more.</summary>
    internal void Release() => Attempts.All(() => LogEnding.Release(All().SelectMany(static topic => topic.Logs)), _store.Release);

    internal static ErrorResult Closing(string topic) =>
        new(ErrorCode.BrokerNotAvailable, $"The engine is being closed; topic '{topic}' was not changed.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Topic '{Topic}' has {Count} partitions; it had {Before}.")]
    private partial void LogPartitionsCreated(string topic, int before, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settings of topic '{Topic}' were changed: {Changes}.")]
    private partial void LogAltered(string topic, string changes);

    [LoggerMessage(Level = LogLevel.Error, Message = "The offset checkpoints could not be written at shutdown: {Reason} The next startup reads all records since the last ones.")]
    private partial void LogOffsetsFailed(string reason);
}
