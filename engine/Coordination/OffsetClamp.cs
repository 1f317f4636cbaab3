using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Resets offsets that are above a recovered log end. A power failure can lose records
/// whose offsets were committed, or will be committed by an open transaction. Those
/// offsets are assigned to new records, which such a group would skip. The resets are
/// written as records, which are on disk before any append.
/// </summary>
internal sealed partial class OffsetClamp(TopicRegistry topics, GroupLog groupLog, OffsetStore offsets, TransactionStore transactions, ILogger logger)
{
    /// <summary>
    /// Must be called once after an unclean shutdown, when the outcomes of transactions are
    /// known and before any request.
    /// </summary>
    /// <exception cref="StorageException">An offset cannot be reset: continuing would skip
    /// records.</exception>
    internal void Apply()
    {
        HashSet<long> committable = [.. transactions.All.Select(static transaction => transaction.State!)
            .Where(static state => state.State is TransactionState.Ongoing or TransactionState.PrepareCommit).Select(static state => state.ProducerId)];
        var written = new HashSet<PartitionLog>();
        foreach ((string groupId, Group group) in offsets.All)
        {
            Apply(groupId, group, committable, written);
        }

        foreach (PartitionLog log in written)
        {
            log.Flusher.FlushNow().ThrowIfFailed($"Flushing offsets that were reset in {log.Partition}");
        }
    }

    private void Apply(string groupId, Group group, HashSet<long> committable, HashSet<PartitionLog> written)
    {
        var clamped = new List<KeyValuePair<TopicPartition, OffsetAndMetadata?>>();
        (long ProducerId, TopicPartition Partition, OffsetAndMetadata Committed)[] pending = [.. group.Pending.Where(one => committable.Contains(one.ProducerId))];
        foreach ((TopicPartition partition, OffsetAndMetadata committed) in group.Offsets)
        {
            if (Clamp(groupId, partition, committed) is { } end)
            {
                clamped.Add(KeyValuePair.Create(partition, (OffsetAndMetadata?)end));
            }
        }

        if (clamped.Count > 0)
        {
            Require(groupId, groupLog.AppendAtStartup(groupId, clamped));
            written.Add(groupLog.LogOf(groupId)!);
        }

        foreach ((long producerId, TopicPartition partition, OffsetAndMetadata offset) in pending)
        {
            // A record that resets the committed offset supersedes earlier pending ones: the
            // pending offset is written again after it.
            bool isBehind = clamped.Exists(one => one.Key == partition);
            if ((Clamp(groupId, partition, offset) ?? (isBehind ? offset : null)) is { } end && groupLog.LogOf(groupId)?.Producers.TryFind(producerId) is { } producer)
            {
                Require(groupId, groupLog.AppendAtStartup(groupId, [KeyValuePair.Create(partition, (OffsetAndMetadata?)end)], (producerId, producer.Epoch)));
                written.Add(groupLog.LogOf(groupId)!);
            }
        }
    }

    private OffsetAndMetadata? Clamp(string groupId, TopicPartition partition, OffsetAndMetadata offset)
    {
        if (topics.Find(partition) is not { } log || offset.Offset <= log.ReadEnd().Offset)
        {
            return null;
        }

        long end = log.ReadEnd().Offset;
        LogClamped(groupId, partition, offset.Offset, end);
        return offset with { Offset = end, LeaderEpoch = log.LeaderEpoch };
    }

    private static void Require(string groupId, ErrorCode error)
    {
        if (error != ErrorCode.None)
        {
            throw new StorageException(
                $"Group '{groupId}' has an offset above a log end that the crash left, and it cannot be reset ({error}); the group would skip records. Make sure that the disk is writable, and restart.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Group '{GroupId}' had the committed or pending offset {Committed} of {Partition}, but after the crash the log ends at {End}; its offset was reset to {End}.")]
    private partial void LogClamped(string groupId, TopicPartition partition, long committed, long end);
}
