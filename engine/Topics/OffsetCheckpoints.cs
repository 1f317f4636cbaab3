using Zurau.Engine.Log;
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
    internal static void Write(IStorage storage, IReadOnlyCollection<PartitionLog> logs)
    {
        OffsetCheckpoint.Write(storage, RecoveryPointFile, [.. logs.Select(static log => KeyValuePair.Create(log.Partition, log.RecoveryPoint))]);
        OffsetCheckpoint.Write(storage, LogStartFile, [.. logs.Where(static log => log.LogStartOffset > log.Segments[0].BaseOffset).Select(static log => KeyValuePair.Create(log.Partition, log.LogStartOffset))]);
        OffsetCheckpoint.Write(storage, HighWatermarkFile, [.. logs.Select(static log => KeyValuePair.Create(log.Partition, log.ReadEnd().Offset))]);
    }

    internal long RecoveryPoint(TopicPartition partition) => _recoveryPoints.GetValueOrDefault(partition);

    internal long LogStartOffset(TopicPartition partition) => _logStarts.GetValueOrDefault(partition);
}
