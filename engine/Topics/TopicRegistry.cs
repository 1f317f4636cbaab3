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
internal sealed partial class TopicRegistry(
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
    private readonly ConcurrentDictionary<string, Topic> _topics = new(StringComparer.Ordinal);
    private readonly PartitionOpener _opener = new(storage, defaults, random, time, toucher, cache, health, logger); // Used at startup and under _changes.
    private bool _isClosing; // Guarded by _changes; set once.
    private int _removals; // Topics that went since the offset checkpoints were read; changed under _changes.
    private int _writtenRemovals; // Those that the offset checkpoints know of; changed under _offsetWrites.
    private readonly FileLock _offsetWrites = new(defaults.Hooks); // Guards the offset checkpoints' files.
    private readonly FileLock _changes = new(defaults.Hooks); // Guards changes of _topics, the files that go with them, and random.

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
    internal HealthLog Health => health;

    /// <summary>All topics in ordinal order of their names.</summary>
    internal IReadOnlyList<Topic> All() => [.. _topics.Values.OrderBy(static topic => topic.Description.Name, StringComparer.Ordinal)];

    /// <summary>Opens every log. Call once, before anything else.</summary>
    /// <param name="checkpoints">How far each log is.</param>
    /// <param name="isClean">Whether the directory was closed in good order, so that every log is flushed to its end.</param>
    internal void Open(OffsetCheckpoints checkpoints, bool isClean)
    {
        storage.List("", out IReadOnlyList<string> names).ThrowIfFailed($"Listing {storage.Description}");
        IReadOnlyList<TopicDescription>? known = TopicsCheckpoint.Read(storage);
        var adoption = new TopicAdoption(storage, random, logger);
        List<TopicDescription> topics = [.. known ?? adoption.Adopt(names)];
        _opener.AreGapsUnknown = known is null || checkpoints.IsRecoveryPointLost;
        IReadOnlyList<string> deleted = adoption.FindDeletions(names, topics);
        if (known is not null)
        {
            CreationRecovery.TakeBack(storage, names, topics).ForEach(LogStranger);
        }

        foreach (TopicDescription description in topics)
        {
            var partitions = new Partition[description.Partitions];
            for (int i = 0; i < partitions.Length; i++)
            {
                var name = new TopicPartition(description.Name, i);
                partitions[i] = _opener.Open(name, description, isClean, checkpoints);
            }

            _topics[description.Name] = new Topic(description, partitions);
        }

        PartitionLog[] doubtful = _opener.AreGapsUnknown && !isClean ? [.. All().SelectMany(static topic => topic.Logs).Where(static log => log.Settings.IsCompacted)] : [];
        if (doubtful.Length > 0)
        {
            // The next start shall know. It would take a gap above the recovery point that is written here for a lost tail, so all must be flushed.
            Array.ForEach(doubtful, static log => log.FlushSealed().ThrowIfFailed($"Flushing {log.Partition}"));
            WriteOffsets();
        }

        // Also where there is no topic yet: else the folders of a first topic, whose creation a crash cuts short, would be taken over.
        if (known is null || deleted.Count > 0)
        {
            WriteCheckpoint(All());
        }

        // Behind the checkpoint: a topic that is listed and has no folders any more could not be told from one that lost them.
        foreach (string directory in deleted)
        {
            storage.DeleteDirectory(directory).ThrowIfFailed($"Deleting '{directory}'");
        }

        // What was said of a topic that is gone must not be taken for one of that name that comes later.
        _removals = checkpoints.Partitions().Any(partition => FindPartition(partition) is null) ? 1 : 0;
    }

    internal ErrorResult Create(NewTopic topic, out Topic? created)
    {
        created = null;
        int partitions = topic.Partitions == -1 ? defaultPartitions : topic.Partitions;
        ErrorResult problem = NewTopicCheck.Check(topic, partitions, defaults);
        if (!problem.IsSuccess)
        {
            return problem;
        }

        using (_changes.Enter())
        {
            if (_isClosing)
            {
                return Closing(topic.Name);
            }

            if (_topics.TryGetValue(topic.Name, out created))
            {
                return new ErrorResult(ErrorCode.TopicAlreadyExists, $"Topic '{topic.Name}' already exists.");
            }

            if (_topics.Keys.FirstOrDefault(name => TopicName.Collide(name, topic.Name)) is string other)
            {
                return new ErrorResult(ErrorCode.InvalidTopicException, $"Topic '{topic.Name}' collides with '{other}': they differ only in '.' and '_', which metrics do not tell apart.");
            }

            var description = new TopicDescription(
                topic.Name,
                KafkaUuid.Create(random),
                partitions,
                topic.ReplicationFactor == -1 ? (short)1 : topic.ReplicationFactor,
                topic.Configs,
                TopicName.IsInternal(topic.Name));
            try
            {
                if (Volatile.Read(ref _removals) != Volatile.Read(ref _writtenRemovals))
                {
                    WriteOffsets();
                }

                // Nobody finds it before it is durable: records in a topic that the next start does not know would be lost.
                created = new Topic(description, _opener.Create(description, 0));
                WriteCheckpoint([.. All(), created]);
                _topics[topic.Name] = created;
            }
            catch (StorageException exception)
            {
                Array.ForEach(created?.Partitions ?? [], static partition => partition.Log?.Release());
                created = null;
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{topic.Name}' could not be created: {exception.Message}");
            }
        }

        new TopicNotices(logger).Created(created.Description);
        return ErrorResult.None;
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
            Interlocked.Increment(ref _removals);
            try
            {
                foreach (PartitionLog log in topic.Logs)
                {
                    log.Close().IgnoreBecause("its files are deleted next");
                    log.Release();
                }

                TopicPartition[] partitions = [.. Enumerable.Range(0, topic.Partitions.Length).Select(i => new TopicPartition(name, i))];
                Array.ForEach(partitions, health.Forget);
                foreach (TopicPartition partition in partitions)
                {
                    string directory = PartitionDirectory.Of(partition);
                    storage.Rename(directory, PartitionDirectory.Deleted(partition, topic.Description.TopicId)).ThrowIfFailed($"Renaming '{directory}'");
                }

                storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
                WriteCheckpoint(All());
                foreach (TopicPartition partition in partitions)
                {
                    string directory = PartitionDirectory.Deleted(partition, topic.Description.TopicId);
                    storage.DeleteDirectory(directory).ThrowIfFailed($"Deleting '{directory}'");
                }

                return ErrorResult.None;
            }
            catch (StorageException exception)
            {
                return new ErrorResult(ErrorCode.KafkaStorageError, $"Topic '{name}' was not deleted to the end; opening the data directory again finishes it. {exception.Message}");
            }
        }
    }

    /// <summary>Closes every log and writes how far each is; true when all went well. Files stay mapped until <see cref="Release"/>.</summary>
    internal bool Close()
    {
        using (_changes.Enter())
        {
            _isClosing = true; // A topic made from here on would not be closed, and a clean marker would say that it was.
        }

        IReadOnlyList<Topic> topics = All();
        bool isClean = topics.All(static topic => topic.Partitions.All(static partition => partition.Log is not null));
        foreach (PartitionLog log in topics.SelectMany(static topic => topic.Logs))
        {
            IoResult result = log.Close();
            if (!result.IsOk)
            {
                isClean = false;
                LogCloseFailed(log.Partition, result);
            }
        }

        try
        {
            WriteOffsets();
        }
        catch (StorageException exception)
        {
            isClean = false;
            LogOffsetsFailed(exception.Message);
        }

        return isClean;
    }

    /// <summary>Writes how far each log is.</summary>
    /// <exception cref="StorageException">It could not be written; what was written before stays.</exception>
    internal void WriteOffsets()
    {
        using (_offsetWrites.Enter())
        {
            int removals = Volatile.Read(ref _removals);
            IReadOnlyList<Topic> topics = All();
            (PartitionLog Log, long StartOffset)[] starts = [.. topics.SelectMany(static topic => topic.Logs).Select(static log => (log, log.LogStartOffset))];
            OffsetCheckpoints.Write(storage, topics);
            Volatile.Write(ref _writtenRemovals, removals);
            foreach ((PartitionLog log, long startOffset) in starts)
            {
                log.Upkeep.WrittenStartOffset = startOffset;
            }
        }
    }

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
            WriteOffsets();
            return ErrorResult.None;
        }
        catch (StorageException exception)
        {
            return new ErrorResult(ErrorCode.KafkaStorageError, $"The new start of {log.Partition} was not written down and may be forgotten: {exception.Message}");
        }
    }

    /// <summary>Every setting as it counts for a topic; null where there is no such topic.</summary>
    internal IReadOnlyList<ConfigEntry>? DescribeConfigs(string name) =>
        Find(name) is { } topic ? TopicConfig.Describe(defaults, topic.Description.Configs) : null;

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

            ErrorResult result = TopicConfig.Change(defaults, topic.Description.Configs, changes, out Dictionary<string, string> configs);
            if (!result.IsSuccess)
            {
                return result;
            }

            Topic altered = topic with { Description = topic.Description with { Configs = configs } };
            LogSettings settings = TopicConfig.Apply(defaults, configs);
            LogSettings before = TopicConfig.Apply(defaults, topic.Description.Configs);
            try
            {
                // How far a log was cleaned tells a later start where gaps are no damage, also once the log is not compacted any more. So no
                // cleaning goes on behind what is written.
                if (!settings.IsCompacted)
                {
                    Apply(altered, before with { IsCompacted = false });
                    foreach (PartitionLog log in before.IsCompacted ? topic.Logs : [])
                    {
                        log.Upkeep.EndCompaction();
                    }
                }

                WriteOffsets();
                _topics[name] = altered;
                WriteCheckpoint(All());
            }
            catch (StorageException exception)
            {
                _topics[name] = topic;
                Apply(topic, before);
                BeginCompaction(before.IsCompacted && !settings.IsCompacted ? topic : null);
                return new ErrorResult(ErrorCode.KafkaStorageError, $"The settings of topic '{name}' stay as they were: {exception.Message}");
            }

            Apply(altered, settings);
            BeginCompaction(settings.IsCompacted && !before.IsCompacted ? topic : null);
            LogAltered(name, string.Join(", ", changes.Select(static change => $"{change.Operation} {change.Name} {change.Value}")));
            return ErrorResult.None;
        }
    }

    private static void BeginCompaction(Topic? topic)
    {
        foreach (PartitionLog log in topic?.Logs ?? [])
        {
            log.Upkeep.BeginCompaction();
        }
    }

    internal void Release()
    {
        foreach (PartitionLog log in All().SelectMany(static topic => topic.Logs))
        {
            log.Release();
        }
    }

    private static void Apply(Topic topic, LogSettings settings)
    {
        foreach (PartitionLog log in topic.Logs)
        {
            log.Apply(settings with { RandomSeed = log.Settings.RandomSeed });
        }
    }

    private static ErrorResult Closing(string topic) =>
        new(ErrorCode.BrokerNotAvailable, $"The engine is being closed; topic '{topic}' is left as it is.");

    private void WriteCheckpoint(IEnumerable<Topic> topics) =>
        TopicsCheckpoint.Write(storage, [.. topics.Select(static topic => topic.Description).OrderBy(static topic => topic.Name, StringComparer.Ordinal)]);

    [LoggerMessage(Level = LogLevel.Information, Message = "Settings of topic '{Topic}' were changed: {Changes}.")]
    private partial void LogAltered(string topic, string changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder '{Folder}' belongs to no topic that topics.checkpoint knows; it is neither served nor changed. Move it away. If it is a partition of Kafka's that is to be served, delete topics.checkpoint: all partitions' folders are then taken over.")]
    private partial void LogStranger(string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "The offset checkpoints could not be written at the end: {Reason} The next start reads what came since the last ones.")]
    private partial void LogOffsetsFailed(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Closing the log {Partition} failed: {Result}. The next start checks it from its recovery point.")]
    private partial void LogCloseFailed(TopicPartition partition, IoResult result);
}
