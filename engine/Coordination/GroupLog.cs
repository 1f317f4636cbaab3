using System.Collections.Concurrent;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Accesses <c>__consumer_offsets</c>: finds the partition of a group, appends offsets
/// and members, and replays them into the <see cref="OffsetStore"/>. Creates the topic
/// with the first group. Thread-safe.
/// </summary>
/// <param name="topics">The topics.</param>
/// <param name="store">The groups in memory.</param>
/// <param name="partitions">Number of partitions of a new topic.</param>
/// <param name="segmentBytes">Segment size of a new topic.</param>
/// <param name="pump">The monotonic clock.</param>
/// <param name="time">The wall clock.</param>
/// <param name="hooks">Null in production.</param>
internal sealed class GroupLog(TopicRegistry topics, OffsetStore store, int partitions, int segmentBytes, IDutyPump pump, TimeProvider time, LogHooks? hooks)
{
    // One lock per partition, acquired before a group's own lock. It is held while a request
    // is decided on a group's members and its records are appended and replayed, so that log
    // and state have the same order, and a commit is decided and appended in one generation;
    // while topics are checked and their offsets are appended; at the end of a transaction,
    // so that the marker follows all its offsets; and after a topic's removal, so that all
    // its offsets are found.
    private readonly ConcurrentDictionary<int, IoLock> _writes = new();

    /// <summary>The current time of a decision.</summary>
    internal GroupTime Now => new(pump.NowMs, time.GetUtcNow().ToUnixTimeMilliseconds());

    internal IEnumerable<PartitionLog> Logs => topics.Find(TopicName.ConsumerOffsets)?.Logs ?? [];

    /// <summary>Returns the log of a group; null if it could not be created.</summary>
    internal PartitionLog? LogOf(string groupId) => InternalTopic.LogOf(topics, TopicName.ConsumerOffsets, groupId, partitions, segmentBytes);

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
        GroupTime now = Now;
        var write = new InternalWrite(log, now.WallMs, producer);
        ErrorCode error = write.Append(
            [.. offsets.Select(offset => OffsetRecords.Record(groupId, offset.Key, offset.Value, now.WallMs))],
            (index, recordOffset) => store.Replay(groupId, offsets[index].Key, offsets[index].Value, recordOffset, now.Recorded, producer?.Id));
        endOffset = Math.Max(endOffset, write.EndOffset);
        return error;
    }

    /// <summary>
    /// Appends and replays the members of a group; the caller holds the partition's write
    /// lock.
    /// </summary>
    internal ErrorCode Append(PartitionLog log, string groupId, GroupMetadata metadata, ref long endOffset)
    {
        var write = new InternalWrite(log, Now.WallMs);
        ErrorCode error = write.Append([GroupRecords.Record(groupId, metadata)], (_, _) => store.Replay(groupId, metadata));
        endOffset = Math.Max(endOffset, write.EndOffset);
        return error;
    }

    /// <summary>
    /// Appends and replays tombstones: of offsets, then of the members if
    /// <paramref name="removesGroup"/>. The caller holds the partition's write lock.
    /// </summary>
    internal ErrorCode Remove(PartitionLog log, Group group, IReadOnlyList<TopicPartition> offsets, bool removesGroup, ref long endOffset)
    {
        GroupTime now = Now;
        List<InternalRecord> records = [.. offsets.Select(partition => OffsetRecords.Record(group.GroupId, partition, null, now.WallMs))];
        if (removesGroup)
        {
            records.Add(GroupRecords.Record(group.GroupId, null));
        }

        var write = new InternalWrite(log, now.WallMs);
        ErrorCode error = write.Append(records, (index, recordOffset) =>
        {
            if (index < offsets.Count)
            {
                store.Replay(group.GroupId, offsets[index], null, recordOffset, now.Recorded, null);
            }
            else
            {
                store.Replay(group.GroupId, null);
            }
        });
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
