using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The four files with the offsets of each log in a directory: flushed
/// (<c>recovery-point-offset-checkpoint</c>), deleted
/// (<c>log-start-offset-checkpoint</c>), cleaned (<c>cleaner-offset-checkpoint</c>) and
/// replicated (<c>replication-offset-checkpoint</c>; with one replica, the end).
/// </summary>
internal sealed class OffsetCheckpoints
{
    private const string RecoveryPointFile = "recovery-point-offset-checkpoint";
    private const string LogStartFile = "log-start-offset-checkpoint";
    private const string HighWatermarkFile = "replication-offset-checkpoint";
    internal const string CleanedFile = "cleaner-offset-checkpoint";

    // Only this file distinguishes a cleaning's gaps from damage if a topic is not
    // compacted any more.
    private const string CleanedAdvice =
        "Delete it; a topic that is not compacted any more and whose partitions are offline then has to be compacted again: set 'cleanup.policy=compact' and open the data directory once more.";

    private readonly Dictionary<TopicPartition, long> _recoveryPoints;
    private readonly Dictionary<TopicPartition, long> _logStarts;
    private readonly Dictionary<TopicPartition, long> _cleaned;

    private OffsetCheckpoints(Dictionary<TopicPartition, long> recoveryPoints, Dictionary<TopicPartition, long> logStarts, Dictionary<TopicPartition, long> cleaned)
    {
        _recoveryPoints = recoveryPoints;
        _logStarts = logStarts;
        _cleaned = cleaned;
    }

    /// <exception cref="StorageException">A file is damaged.</exception>
    internal static OffsetCheckpoints Read(IStorage storage) =>
        new(OffsetCheckpoint.Read(storage, RecoveryPointFile), OffsetCheckpoint.Read(storage, LogStartFile), OffsetCheckpoint.Read(storage, CleanedFile, CleanedAdvice));

    /// <exception cref="StorageException">A file could not be written; the old ones are
    /// kept.</exception>
    internal static void Write(IStorage storage, IReadOnlyCollection<Topic> topics)
    {
        var recoveryPoints = new Dictionary<TopicPartition, long>();
        var logStarts = new Dictionary<TopicPartition, long>();
        var highWatermarks = new Dictionary<TopicPartition, long>();
        var cleaned = new Dictionary<TopicPartition, long>();
        foreach (Topic topic in topics)
        {
            for (int i = 0; i < topic.Partitions.Length; i++)
            {
                var name = new TopicPartition(topic.Description.Name, i);
                Partition partition = topic.Partitions[i];
                if (partition.Log is { } log)
                {
                    recoveryPoints[name] = log.RecoveryPoint;
                    highWatermarks[name] = log.ReadEnd().Offset;
                    if (log.Upkeep.CleanedOffset > 0)
                    {
                        cleaned[name] = log.Upkeep.CleanedOffset;
                    }

                    if (log.LogStartOffset > log.Upkeep.Remover.LowestFileOffset)
                    {
                        logStarts[name] = log.LogStartOffset;
                    }
                }
                else
                {
                    recoveryPoints[name] = partition.RecoveryPoint;
                    logStarts[name] = partition.LogStartOffset;
                    cleaned[name] = partition.CleanedOffset;
                }
            }
        }

        OffsetCheckpoint.Write(storage, RecoveryPointFile, recoveryPoints);
        OffsetCheckpoint.Write(storage, LogStartFile, logStarts);
        OffsetCheckpoint.Write(storage, HighWatermarkFile, highWatermarks);
        if (cleaned.Count > 0 || OffsetCheckpoint.Read(storage, CleanedFile).Count > 0)
        {
            OffsetCheckpoint.Write(storage, CleanedFile, cleaned);
        }
    }

    /// <summary>
    /// True if the recovery points of cleaned logs are unknown because their file was
    /// removed.
    /// </summary>
    internal bool IsRecoveryPointLost => _recoveryPoints.Count == 0 && _cleaned.Count > 0;

    internal long RecoveryPoint(TopicPartition partition) => _recoveryPoints.GetValueOrDefault(partition);

    internal long LogStartOffset(TopicPartition partition) => _logStarts.GetValueOrDefault(partition);

    internal long CleanedOffset(TopicPartition partition) => _cleaned.GetValueOrDefault(partition);
}
