using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A power cut may take records whose offsets were committed, or are to be with a transaction that can still be. Those offsets are given
/// out again, so a group that stood behind them would skip what comes: it is set back to the end that was recovered, by records, which are
/// on disk before anybody can append.
/// </summary>
internal sealed partial class OffsetClamp(TopicRegistry topics, GroupCoordinator groups, TransactionCoordinator transactions, ILogger logger)
{
    /// <summary>Call once at an unclean start, when it is known which transactions may be committed, and before any request.</summary>
    /// <exception cref="StorageException">An offset cannot be set back: to go on would skip records.</exception>
    internal void Apply()
    {
        HashSet<long> committable = [.. transactions.All.Select(static transaction => transaction.State!)
            .Where(static state => state.State is TransactionState.Ongoing or TransactionState.PrepareCommit).Select(static state => state.ProducerId)];
        var written = new HashSet<PartitionLog>();
        foreach ((string groupId, Group group) in groups.All)
        {
            Apply(groupId, group, committable, written);
        }

        foreach (PartitionLog log in written)
        {
            log.Flusher.FlushNow().ThrowIfFailed($"Flushing offsets that were set back in {log.Partition}");
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
            Require(groupId, groups.WriteAtStartup(groupId, clamped));
            written.Add(groups.LogOf(groupId)!);
        }

        foreach ((long producerId, TopicPartition partition, OffsetAndMetadata offset) in pending)
        {
            // Behind a record that sets the committed one back, it would not count any more: it is written once more too.
            bool isBehind = clamped.Exists(one => one.Key == partition);
            if ((Clamp(groupId, partition, offset) ?? (isBehind ? offset : null)) is { } end && groups.LogOf(groupId)?.Producers.TryFind(producerId) is { } producer)
            {
                Require(groupId, groups.WriteAtStartup(groupId, [KeyValuePair.Create(partition, (OffsetAndMetadata?)end)], (producerId, producer.Epoch)));
                written.Add(groups.LogOf(groupId)!);
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
                $"Group '{groupId}' stands behind the end of a log since the crash, and cannot be set back ({error}): it would skip records. Make sure that the disk can be written, and start again.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Group '{GroupId}' had offset {Committed} of {Partition}, committed or about to be, and the log ends at {End} since the crash; it goes on at {End}.")]
    private partial void LogClamped(string groupId, TopicPartition partition, long committed, long end);
}
