using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// Creates the folders of partitions and opens their logs. Several threads may open
/// folders; only one at a time creates them.
/// </summary>
internal sealed partial class PartitionOpener(
    IStorage storage, DirectoryEpoch epoch, LogSettings defaults, Random random, TimeProvider time, PrefaultDuty prefault, SegmentCache cache, HealthLog health, ILogger logger)
{
    private readonly IndexCache _indexCache = new(storage);
    private readonly HashSet<string> _folders = new(StringComparer.Ordinal); // Found at startup.
    private readonly Lock _numbers = new(); // Guards the two below; random numbers are also taken under the lock for topic changes.
    private readonly Random _seeds = new(random.Next());
    private int _opened; // Number of opened logs.

    /// <summary>True if the recovery points of cleaned logs are unknown.</summary>
    internal bool AreGapsUnknown { get; set; }

    /// <summary>Sets the existing folders, before any is opened.</summary>
    internal void Found(IEnumerable<string> folders) => _folders.UnionWith(folders);

    /// <summary>Opens the log of a partition of a known topic.</summary>
    /// <exception cref="StorageException">A folder of an internal topic cannot be opened,
    /// or a missing one cannot be replaced.</exception>
    internal Partition Open(TopicPartition name, TopicDescription topic, bool isClean, StoredTopics stored)
    {
        string directory = PartitionDirectory.Of(name);
        if (!_folders.Contains(directory))
        {
            // A topic is listed after its folders are durable: this folder was moved away, perhaps
            // because an error advised it.
            LogLost(name);
            PartitionLog log = Create(name, topic);
            IoResult flushed = storage.SyncDirectory("");
            if (!flushed.IsOk)
            {
                log.Release();
                flushed.ThrowIfFailed($"Flushing {storage.Description}");
            }

            return new Partition(log) { WasLost = true };
        }

        long recoveryPoint = stored.RecoveryPoint(topic, name.Partition);
        long logStartOffset = stored.LogStartOffset(topic, name.Partition);
        long cleanedOffset = stored.CleanedOffset(topic, name.Partition);
        try
        {
            EnsureTopicId(directory, topic);
            return new Partition(OpenLog(name, topic, new RecoveryInputs(isClean, recoveryPoint, logStartOffset, cleanedOffset)));
        }
        catch (StorageException exception) when (!topic.IsInternal)
        {
            // The other partitions stay usable. Internal topics are required: a group whose
            // offsets are missing would skip or repeat records.
            LogOffline(name, exception.Message);
            health.Report("partition", $"The partition is offline. {exception.Message}", name, isLogged: false);
            return new Partition(exception.Message, recoveryPoint, logStartOffset, cleanedOffset);
        }
    }

    private void EnsureTopicId(string directory, TopicDescription topic)
    {
        if (PartitionMetadata.IsWhole(storage, directory, topic.TopicId))
        {
            return;
        }

        Guid? id = PartitionMetadata.ReadTopicId(storage, directory);
        if (id is not null && id != topic.TopicId)
        {
            throw new StorageException(
                $"the folder '{directory}' belongs to another topic of that name: its id is {KafkaUuid.Format(id.Value)}, and '{TopicsCheckpoint.FileName}' contains {KafkaUuid.Format(topic.TopicId)}. Move the folder away to continue without it, or delete its '{PartitionMetadata.FileName}' if it belongs there.");
        }

        PartitionMetadata.Write(storage, directory, topic.TopicId, syncs: false); // Deleted, or lost in a power failure before any record was durable.
    }

    /// <summary>Makes the names of folders durable.</summary>
    /// <exception cref="StorageException">They may not be.</exception>
    internal void Sync() => storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");

    /// <summary>
    /// Creates the folders of a topic's partitions from a number on and opens their logs;
    /// <see cref="Sync"/> makes the folders durable. Their content becomes durable with the
    /// first flush of records; before that, a startup can recreate it.
    /// </summary>
    /// <exception cref="StorageException">A folder could not be created; nothing is open.</exception>
    internal Partition[] Create(TopicDescription description, int first)
    {
        var partitions = new List<Partition>(description.Partitions - first);
        try
        {
            for (int i = first; i < description.Partitions; i++)
            {
                partitions.Add(new Partition(Create(new TopicPartition(description.Name, i), description)));
            }

            return [.. partitions];
        }
        catch
        {
            partitions.ForEach(static partition => partition.Log!.Release());
            throw;
        }
    }

    private PartitionLog Create(TopicPartition partition, TopicDescription description)
    {
        string directory = PartitionDirectory.Of(partition);
        IoResult created = storage.CreateDirectory(directory);
        created.UnlessExists().ThrowIfFailed($"Creating '{directory}'");
        bool isNew = created.IsOk || IsEmpty(directory);
        PartitionMetadata.Write(storage, directory, description.TopicId, syncs: !isNew);
        PartitionLog log = isNew
            ? Open(partition, description, Recovery(directory, description, RecoveryInputs.None).Create(epoch.Newest), 0)
            : OpenLog(partition, description, RecoveryInputs.None);
        try
        {
            if (!isNew)
            {
                // A partly created file may have another topic's id, which must not reappear.
                storage.SyncDirectory(directory).ThrowIfFailed($"Flushing the directory '{directory}'");
            }

            return log.ReadEnd().Offset == 0
                ? log
                : throw new StorageException($"the folder '{directory}' holds records of another topic of that name; move it away.");
        }
        catch
        {
            log.Release();
            throw;
        }
    }

    private bool IsEmpty(string directory)
    {
        storage.List(directory, out IReadOnlyList<string> leftovers).ThrowIfFailed($"Listing '{directory}'");
        return leftovers.Count == 0;
    }

    private PartitionLog OpenLog(TopicPartition partition, TopicDescription topic, RecoveryInputs inputs) =>
        Open(partition, topic, Recovery(PartitionDirectory.Of(partition), topic, inputs).Open(), inputs.CleanedOffset ?? 0);

    private LogRecovery Recovery(string directory, TopicDescription topic, RecoveryInputs inputs)
    {
        LogSettings settings = TopicConfig.Apply(defaults, topic.Configs);
        RecoveryInputs known = settings.IsCompacted && AreGapsUnknown ? inputs with { CleanedOffset = null } : inputs;
        return new LogRecovery(storage, directory, settings, known, time, logger, _indexCache, epoch);
    }

    private PartitionLog Open(TopicPartition partition, TopicDescription topic, RecoveredLog recovered, long cleanedOffset)
    {
        string directory = PartitionDirectory.Of(partition);
        (int seed, int? number) = Number(topic);
        LogSettings settings = TopicConfig.Apply(defaults, topic.Configs) with { RandomSeed = seed };
        var context = new LogContext(storage, partition, directory, settings, time, health) { SegmentCache = cache, Number = number };
        var log = new PartitionLog(context, recovered, prefault);
        log.Upkeep.CleanedOffset = cleanedOffset;
        return log;
    }

    private (int Seed, int? Number) Number(TopicDescription topic)
    {
        lock (_numbers)
        {
            return (_seeds.Next(), topic.IsInternal ? null : _opened++);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The folder of partition {Partition} does not exist; the partition is empty and starts at offset 0. To restore its records, stop the engine and restore the folder.")]
    private partial void LogLost(TopicPartition partition);

    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Partition} is offline: {Reason}")]
    private partial void LogOffline(TopicPartition partition, string reason);
}
