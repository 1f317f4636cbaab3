using System.Collections.Concurrent;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Accesses <c>__consumer_offsets</c>: finds the partition of a group, appends offsets
/// and replays them into the <see cref="OffsetStore"/>. Creates the topic with the
/// first group. Thread-safe.
/// </summary>
internal sealed class GroupLog(TopicRegistry topics, OffsetStore store, int partitions, TimeProvider time, LogHooks? hooks)
{
    private const int SegmentBytes = 100 * 1024 * 1024;

    // One lock per partition, acquired before a group's own lock. It is held while topics
    // are checked and their offsets are appended and replayed, so that log and state have
    // the same order; at the end of a transaction, so that the marker follows all its
    // offsets; and after a topic's removal, so that all its offsets are found.
    private readonly ConcurrentDictionary<int, IoLock> _writes = new();

    internal IEnumerable<PartitionLog> Logs => topics.Find(TopicName.ConsumerOffsets)?.Logs ?? [];

    /// <summary>Returns the log of a group; null if it could not be created.</summary>
    internal PartitionLog? LogOf(string groupId) => InternalTopic.LogOf(topics, TopicName.ConsumerOffsets, groupId, partitions, SegmentBytes);

    /// <summary>Acquires the lock that orders the writes of a partition.</summary>
    internal Lock.Scope EnterWrites(int partition) => _writes.GetOrAdd(partition, _ => new IoLock(hooks)).Enter();

    /// <summary>Appends and replays offsets; the caller holds the partition's write lock.</summary>
    /// <param name="log">The log of the group.</param>
    /// <param name="groupId">The group.</param>
    /// <param name="producer">The producer whose open transaction contains the offsets; null
    /// for immediately effective ones.</param>
    /// <param name="offsets">The offsets; null is a tombstone.</param>
    /// <param name="endOffset">Raised to the exclusive end offset of what was appended.</param>
    /// <returns>The error of the refused batch; the batches before it are appended.</returns>
    internal ErrorCode Append(
        PartitionLog log,
        string groupId,
        (long Id, short Epoch)? producer,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets,
        ref long endOffset)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var write = new InternalWrite(log, nowMs, producer);
        ErrorCode error = write.Append(
            [.. offsets.Select(offset => OffsetRecords.Record(groupId, offset.Key, offset.Value, nowMs))],
            (index, recordOffset) => store.Replay(groupId, offsets[index].Key, offsets[index].Value, recordOffset, producer?.Id));
        endOffset = Math.Max(endOffset, write.EndOffset);
        return error;
    }

    /// <summary>
    /// Appends offsets at startup. There are no concurrent appends, so what is appended is
    /// published.
    /// </summary>
    internal ErrorCode AppendAtStartup(string groupId, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets, (long Id, short Epoch)? producer = null)
    {
        if (LogOf(groupId) is not { } log)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        long endOffset = -1;
        using (EnterWrites(log.Partition.Partition))
        {
            return Append(log, groupId, producer, offsets, ref endOffset);
        }
    }
}
