using System.Collections.Concurrent;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The groups in memory, with their members, their committed offsets and those of open
/// transactions. Only replayed records of <c>__consumer_offsets</c> change an offset
/// (<see cref="GroupLog"/>, <see cref="GroupLoader"/>). Thread-safe: a group's lock
/// guards its offsets, and is acquired here.
/// </summary>
internal sealed class OffsetStore(TopicRegistry topics, int offsetsPartitions)
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Partition, long ProducerId), ConcurrentDictionary<Group, bool>> _open = new(); // Groups with offsets in open transactions.

    /// <summary>Gets all groups, in ordinal order of their ids.</summary>
    internal IEnumerable<KeyValuePair<string, Group>> All => _groups.OrderBy(static group => group.Key, StringComparer.Ordinal);

    internal Group? Find(string groupId) => _groups.GetValueOrDefault(groupId);

    /// <summary>Returns the partition of <c>__consumer_offsets</c> with a group's records.</summary>
    internal int PartitionOf(string groupId) =>
        // The number of partitions is fixed when the topic is created, so a group's partition
        // never changes.
        JavaHash.Partition(groupId, topics.Find(TopicName.ConsumerOffsets)?.Partitions.Length ?? offsetsPartitions);

    /// <summary>
    /// Returns a group, and creates it if it does not exist. At runtime the caller holds the
    /// write lock of its partition.
    /// </summary>
    internal Group GetOrAdd(string groupId) => _groups.GetOrAdd(groupId, NewGroup);

    /// <summary>
    /// Applies a record. An offset of a producer's transaction becomes effective when it is
    /// committed.
    /// </summary>
    /// <param name="groupId">The group of the record.</param>
    /// <param name="partition">The partition of the record.</param>
    /// <param name="offset">The offset; null for a tombstone.</param>
    /// <param name="recordOffset">The offset of the record.</param>
    /// <param name="time">The time of the record.</param>
    /// <param name="producerId">The producer of the transaction; null without one.</param>
    internal void Replay(string groupId, TopicPartition partition, OffsetAndMetadata? offset, long recordOffset, RecordedTime time, long? producerId)
    {
        Group group = GetOrAdd(groupId);
        lock (group)
        {
            if (producerId is null)
            {
                group.Replay(partition, offset, recordOffset, time);
            }
            else if (offset is { } pending)
            {
                _open.GetOrAdd((group.Partition, producerId.Value), static _ => new())[group] = true;
                group.AddPending(producerId.Value, partition, new PendingOffset(pending, recordOffset, time));
            }
        }
    }

    /// <summary>Applies a record with the members of a group; null is a tombstone.</summary>
    internal void Replay(string groupId, GroupMetadata? metadata)
    {
        Group group = GetOrAdd(groupId);
        group.Metadata = metadata;
        group.IsRecorded = metadata is not null;
    }

    /// <summary>
    /// Forgets a group that has nothing any more. The caller holds the write lock of its
    /// partition, so nothing is added meanwhile.
    /// </summary>
    internal void ForgetIfBlank(Group group)
    {
        lock (group)
        {
            if (group.IsBlank)
            {
                _groups.TryRemove(KeyValuePair.Create(group.GroupId, group));
            }
        }
    }

    /// <summary>
    /// Applies a transaction's marker in a partition of <c>__consumer_offsets</c>. At
    /// runtime the caller holds the partition's write lock: the marker follows all offsets
    /// of the transaction.
    /// </summary>
    internal void CompleteTransaction(int partition, long producerId, bool isCommit)
    {
        if (!_open.TryRemove((partition, producerId), out ConcurrentDictionary<Group, bool>? groups))
        {
            return;
        }

        foreach (Group group in groups.Keys)
        {
            lock (group)
            {
                group.CompletePending(producerId, isCommit);
            }
        }
    }

    /// <summary>
    /// Removes the offsets of a deleted topic from the groups of a partition of
    /// <c>__consumer_offsets</c>; returns which need a tombstone.
    /// </summary>
    internal List<(string GroupId, TopicPartition[] Partitions)> Forget(int offsetsPartition, string topic, Guid topicId)
    {
        var forgotten = new List<(string GroupId, TopicPartition[] Partitions)>();
        foreach ((string groupId, Group group) in _groups)
        {
            if (group.Partition == offsetsPartition)
            {
                lock (group)
                {
                    TopicPartition[] partitions = group.Forget(topic, topicId);
                    if (partitions.Length > 0)
                    {
                        forgotten.Add((groupId, partitions));
                    }
                }
            }
        }

        forgotten.Sort(static (left, right) => string.CompareOrdinal(left.GroupId, right.GroupId));
        return forgotten;
    }

    /// <summary>Returns all committed offsets of a group.</summary>
    internal IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Fetch(string groupId)
    {
        if (Find(groupId) is not { } group)
        {
            return new Dictionary<TopicPartition, OffsetAndMetadata>();
        }

        lock (group)
        {
            return group.Offsets;
        }
    }

    /// <summary>Returns a committed offset; null if there is none.</summary>
    internal OffsetAndMetadata? Fetch(string groupId, TopicPartition partition)
    {
        if (Find(groupId) is not { } group)
        {
            return null;
        }

        lock (group)
        {
            return group.TryGetOffset(partition, out OffsetAndMetadata committed) ? committed with { TopicId = default } : null;
        }
    }

    /// <summary>Returns whether an open transaction may change a group's offset.</summary>
    internal bool IsUnstable(string groupId, TopicPartition partition)
    {
        if (Find(groupId) is not { } group)
        {
            return false;
        }

        lock (group)
        {
            return group.IsUnstable(partition);
        }
    }

    private Group NewGroup(string groupId) => new(groupId, PartitionOf(groupId));
}
