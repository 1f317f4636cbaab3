using Zurau.Engine.Storage;

namespace Zurau.Engine.Topics;

/// <summary>
/// The three files that say how far each log of a directory is: flushed (<c>recovery-point-offset-checkpoint</c>), deleted
/// (<c>log-start-offset-checkpoint</c>) and replicated (<c>replication-offset-checkpoint</c>; with one copy that is the end).
/// </summary>
internal sealed class OffsetCheckpoints
{
    private const string RecoveryPointFile = "recovery-point-offset-checkpoint";
    private const string LogStartFile = "log-start-offset-checkpoint";
    private const string HighWatermarkFile = "replication-offset-checkpoint";

    private readonly Dictionary<TopicPartition, long> _recoveryPoints;
    private readonly Dictionary<TopicPartition, long> _logStarts;

    private OffsetCheckpoints(Dictionary<TopicPartition, long> recoveryPoints, Dictionary<TopicPartition, long> logStarts)
    {
        _recoveryPoints = recoveryPoints;
        _logStarts = logStarts;
    }

    /// <exception cref="StorageException">A file is damaged.</exception>
    internal static OffsetCheckpoints Read(IStorage storage) =>
        new(OffsetCheckpoint.Read(storage, RecoveryPointFile), OffsetCheckpoint.Read(storage, LogStartFile));

    /// <exception cref="StorageException">A file could not be written; the old ones stay.</exception>
    internal static void Write(IStorage storage, IReadOnlyCollection<Topic> topics)
    {
        var recoveryPoints = new Dictionary<TopicPartition, long>();
        var logStarts = new Dictionary<TopicPartition, long>();
        var highWatermarks = new Dictionary<TopicPartition, long>();
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
                    if (log.LogStartOffset > log.Segments[0].BaseOffset)
                    {
                        logStarts[name] = log.LogStartOffset;
                    }
                }
                else
                {
                    recoveryPoints[name] = partition.RecoveryPoint;
                    logStarts[name] = partition.LogStartOffset;
                }
            }
        }

        OffsetCheckpoint.Write(storage, RecoveryPointFile, recoveryPoints);
        OffsetCheckpoint.Write(storage, LogStartFile, logStarts);
        OffsetCheckpoint.Write(storage, HighWatermarkFile, highWatermarks);
    }

    /// <summary>The partitions that any of them names.</summary>
    internal IEnumerable<TopicPartition> Partitions => _recoveryPoints.Keys.Concat(_logStarts.Keys);

    internal long RecoveryPoint(TopicPartition partition) => _recoveryPoints.GetValueOrDefault(partition);

    internal long LogStartOffset(TopicPartition partition) => _logStarts.GetValueOrDefault(partition);
}
