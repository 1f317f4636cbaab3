using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>Creates the folders of partitions and opens their logs. One caller at a time.</summary>
internal sealed partial class PartitionOpener(
    IStorage storage, LogSettings defaults, Random random, TimeProvider time, TouchDuty toucher, SegmentCache cache, HealthLog health, ILogger logger)
{
    private readonly IndexCache _indexCache = new(storage);
    private int _opened; // Logs so far.

    /// <summary>Whether nothing says up to where logs were flushed before they were cleaned.</summary>
    internal bool AreGapsUnknown { get; set; }

    internal Partition Open(TopicPartition name, TopicDescription topic, bool isClean, OffsetCheckpoints checkpoints)
    {
        long recoveryPoint = checkpoints.RecoveryPoint(name);
        long logStartOffset = checkpoints.LogStartOffset(name);
        long cleanedOffset = checkpoints.CleanedOffset(name);
        try
        {
            return new Partition(OpenLog(name, topic, isClean ? long.MaxValue : recoveryPoint, logStartOffset, cleanedOffset));
        }
        catch (StorageException exception) when (!topic.IsInternal)
        {
            // The others are served. Without the internal topics nobody could be: a group whose offsets are missing would skip or repeat.
            LogOffline(name, exception.Message);
            health.Report("partition", $"The partition is offline. {exception.Message}", name, isLogged: false);
            return new Partition(exception.Message, recoveryPoint, logStartOffset, cleanedOffset);
        }
    }

    /// <summary>Creates the folders of a topic's partitions from a number on, durably, and opens their logs.</summary>
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

            storage.SyncDirectory("").ThrowIfFailed($"Flushing {storage.Description}");
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
        storage.CreateDirectory(directory).ThrowIfFailed($"Creating '{directory}'");
        storage.List(directory, out IReadOnlyList<string> leftovers).ThrowIfFailed($"Listing '{directory}'");
        PartitionMetadata.Write(storage, directory, description.TopicId);
        PartitionLog log = OpenLog(partition, description, 0, 0, 0);
        try
        {
            if (leftovers.Count > 0)
            {
                // A new log flushes its folder; one that was left half made is not new, and its id is.
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

    private PartitionLog OpenLog(TopicPartition partition, TopicDescription topic, long recoveryPoint, long logStartOffset, long cleanedOffset)
    {
        string directory = PartitionDirectory.Of(partition);
        LogSettings settings = TopicConfig.Apply(defaults, topic.Configs) with { RandomSeed = random.Next() };
        RecoveredLog recovered = new LogRecovery(storage, directory, settings, recoveryPoint, logStartOffset, time, logger, settings.IsCompacted && AreGapsUnknown ? long.MaxValue : cleanedOffset, _indexCache).Open();
        var log = new PartitionLog(storage, partition, directory, settings, recovered, time)
        {
            Toucher = toucher,
            Cache = cache,
            Health = health,
            Number = topic.IsInternal ? -1 : _opened++,
        };
        log.Upkeep.CleanedOffset = cleanedOffset;
        return log;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Partition} is offline: {Reason}")]
    private partial void LogOffline(TopicPartition partition, string reason);
}
