using System.Collections.Concurrent;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Manages groups and their committed offsets. A commit is decided on the in-memory
/// state, appended to <c>__consumer_offsets</c>, replayed into the state, and then
/// answered; loading after a restart (<see cref="GroupLoader"/>) uses the same replay.
/// An offset belongs to a topic id: an offset of a deleted topic is not valid for a new
/// topic of the same name. Thread-safe.
/// </summary>
internal sealed class GroupCoordinator(
    TopicRegistry topics, FlushDuties flushes, int offsetsPartitions, int maxMetadataLength, Random random, TimeProvider time, LogHooks? hooks)
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Partition, long ProducerId), ConcurrentDictionary<Group, bool>> _open = new(); // Groups with offsets in open transactions.
    private readonly Lock _randomLock = new();

    // One lock per partition of __consumer_offsets, taken before a group's own lock. It
    // is held while topics are checked and their offsets are appended and replayed, so
    // that log and state have the same order; at the end of a transaction, so that the
    // marker follows all its offsets; and after a topic's removal, so that all its offsets
    // are found.
    private readonly ConcurrentDictionary<int, IoLock> _writes = new();

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Gets all groups, in ordinal order of their ids.</summary>
    internal IEnumerable<KeyValuePair<string, Group>> All => _groups.OrderBy(static group => group.Key, StringComparer.Ordinal);

    internal (ErrorCode Error, string MemberId, int GenerationId, string? Message) Join(string groupId, string clientId)
    {
        if (!IsGroupId(groupId))
        {
            return (ErrorCode.InvalidGroupId, "", -1, $"The group id has {groupId.Length} characters; set 'group.id' to 1 to {short.MaxValue} bytes of text.");
        }

        Group group = _groups.GetOrAdd(groupId, NewGroup);
        lock (group)
        {
            if (group.MemberId is not null)
            {
                return (ErrorCode.GroupMaxSizeReached, "", -1, $"Group '{groupId}' already has the member '{group.MemberId}'. Groups with several members are not implemented: close that consumer first, or use another 'group.id'.");
            }

            group.MemberId = $"{(clientId.Length == 0 ? "consumer" : clientId)}-{NextId()}";
            group.GenerationId++;
            return (ErrorCode.None, group.MemberId, group.GenerationId, null);
        }
    }

    internal ErrorCode Leave(string groupId, string memberId)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return ErrorCode.UnknownMemberId;
        }

        lock (group)
        {
            if (group.MemberId != memberId)
            {
                return ErrorCode.UnknownMemberId;
            }

            group.MemberId = null;
            return ErrorCode.None;
        }
    }

    internal ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) =>
        CommitAsync(groupId, Decide(groupId, memberId, generationId), null, isDurable: false, offsets);

    /// <summary>
    /// Commits offsets in a producer's transaction that contains the group's partition:
    /// they become effective when it is committed. A generation of -1 with an empty member
    /// id skips the membership check (KIP-447). Durable offsets survive every power failure
    /// that their producer survives.
    /// </summary>
    internal ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitInTransactionAsync(
        string groupId,
        string memberId,
        int generationId,
        long producerId,
        short producerEpoch,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        bool isMember = memberId.Length > 0 || generationId >= 0;
        ErrorCode refused = isMember || !IsGroupId(groupId) ? Decide(groupId, memberId, generationId) : ErrorCode.None;
        return CommitAsync(groupId, refused, (producerId, producerEpoch), isDurable, offsets);
    }

    /// <summary>
    /// Returns the partition of <c>__consumer_offsets</c> with a group's offsets; null if
    /// the group id is invalid or the topic cannot be created.
    /// </summary>
    internal TopicPartition? PartitionOf(string groupId) => IsGroupId(groupId) ? LogOf(groupId)?.Partition : null;

    /// <summary>
    /// Completes a producer's transaction in a partition of <c>__consumer_offsets</c> whose
    /// log has the marker.
    /// </summary>
    internal void CompleteTransaction(int partition, long producerId, bool isCommit)
    {
        using (WritesOf(partition).Enter())
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
    }

    private async ValueTask<IReadOnlyList<(TopicPartition Partition, ErrorCode Error)>> CommitAsync(
        string groupId,
        ErrorCode refused,
        (long Id, short Epoch)? producer,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        var commit = new OffsetCommit(topics, maxMetadataLength, refused, offsets);
        PartitionLog? log = commit.Accepted.Count > 0 ? LogOf(groupId) : null;
        if (log is null)
        {
            commit.Refuse(ErrorCode.CoordinatorNotAvailable);
        }
        else
        {
            ErrorCode error;
            long endOffset = -1;
            using (WritesOf(log.Partition.Partition).Enter())
            {
                // Checked again: a deletion takes this lock after its topic was removed.
                commit.RefuseDeleted();
                error = Write(log, groupId, producer, commit.Accepted, ref endOffset);
            }

            ErrorCode settled = endOffset < 0 ? ErrorCode.None : await (isDurable ? flushes.WhenDurable(log.Flusher, endOffset) : log.WhenPublished(endOffset)).ConfigureAwait(false);
            commit.Refuse(error == ErrorCode.None ? settled : error);
        }

        return commit.Answers;
    }

    internal IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Fetch(string groupId)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return new Dictionary<TopicPartition, OffsetAndMetadata>();
        }

        lock (group)
        {
            return group.Offsets;
        }
    }

    /// <summary>Returns whether an open transaction may change a group's offset.</summary>
    internal bool IsUnstable(string groupId, TopicPartition partition)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return false;
        }

        lock (group)
        {
            return group.IsUnstable(partition);
        }
    }

    internal OffsetAndMetadata? Fetch(string groupId, TopicPartition partition)
    {
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            return null;
        }

        lock (group)
        {
            return group.TryGetOffset(partition, out OffsetAndMetadata committed) ? committed with { TopicId = default } : null;
        }
    }

    /// <summary>
    /// Removes the offsets of a deleted topic durably. Must be called when the topic cannot
    /// be found any more: a concurrent commit then either precedes this call and its offset
    /// is removed, or it is refused. If the deletion is not durable, only the in-memory
    /// offsets are removed, because a restart may restore the topic with its offsets.
    /// </summary>
    internal async ValueTask<ErrorCode> ForgetTopicAsync(string topic, Guid topicId, bool isDurable)
    {
        ErrorCode error = ErrorCode.None;
        var waits = new List<ValueTask<ErrorCode>>();
        foreach (PartitionLog log in topics.Find(TopicName.ConsumerOffsets)?.Logs ?? [])
        {
            long endOffset = -1;
            using (WritesOf(log.Partition.Partition).Enter())
            {
                List<(string GroupId, TopicPartition[] Partitions)> forgotten = Forget(log.Partition.Partition, topic, topicId);
                foreach ((string groupId, TopicPartition[] partitions) in isDurable ? forgotten : [])
                {
                    ErrorCode written = Write(log, groupId, null, [.. partitions.Select(static partition => KeyValuePair.Create(partition, (OffsetAndMetadata?)null))], ref endOffset);
                    error = error == ErrorCode.None ? written : error;
                }
            }

            if (endOffset >= 0)
            {
                waits.Add(flushes.WhenDurable(log.Flusher, endOffset));
            }
        }

        foreach (ValueTask<ErrorCode> wait in waits)
        {
            ErrorCode flushed = await wait.ConfigureAwait(false);
            error = error == ErrorCode.None ? flushed : error;
        }

        return error;
    }

    private List<(string GroupId, TopicPartition[] Partitions)> Forget(int offsetsPartition, string topic, Guid topicId)
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

    private static bool IsGroupId(string groupId) => groupId.Length > 0 && Encoding.UTF8.GetByteCount(groupId) <= short.MaxValue;

    private ErrorCode Decide(string groupId, string memberId, int generationId)
    {
        if (!IsGroupId(groupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        bool isMember = memberId.Length > 0 || generationId >= 0;
        if (!_groups.TryGetValue(groupId, out Group? group))
        {
            // A refused request creates no group.
            return !isMember ? ErrorCode.None : generationId >= 0 ? ErrorCode.IllegalGeneration : ErrorCode.UnknownMemberId;
        }

        lock (group)
        {
            if (!isMember)
            {
                return group.MemberId is null ? ErrorCode.None : ErrorCode.UnknownMemberId;
            }

            return group.MemberId != memberId ? ErrorCode.UnknownMemberId
                : group.GenerationId != generationId ? ErrorCode.IllegalGeneration
                : ErrorCode.None;
        }
    }

    /// <summary>
    /// Writes immediately effective offsets, or tombstones, at startup. There are no
    /// concurrent writers, so appended records are published.
    /// </summary>
    internal ErrorCode WriteAtStartup(string groupId, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets, (long Id, short Epoch)? producer = null)
    {
        if (LogOf(groupId) is not { } log)
        {
            return ErrorCode.CoordinatorNotAvailable;
        }

        long endOffset = -1;
        using (WritesOf(log.Partition.Partition).Enter())
        {
            return Write(log, groupId, producer, offsets, ref endOffset);
        }
    }

    /// <summary>Returns a group, and creates it if it does not exist.</summary>
    internal Group GetOrAdd(string groupId) => _groups.GetOrAdd(groupId, NewGroup);

    /// <summary>
    /// Adds an offset of an open transaction, which becomes effective when it is committed.
    /// </summary>
    internal void AddPending(Group group, long producerId, TopicPartition partition, PendingOffset offset)
    {
        _open.GetOrAdd((group.Partition, producerId), static _ => new())[group] = true;
        group.AddPending(producerId, partition, offset);
    }

    /// <summary>Returns the log of a group; null if it could not be created.</summary>
    internal PartitionLog? LogOf(string groupId) => InternalTopic.LogOf(topics, TopicName.ConsumerOffsets, groupId, offsetsPartitions, 100 * 1024 * 1024);

    // The number of partitions is fixed when the topic is created, so a group's
    // partition never changes.
    private Group NewGroup(string groupId) =>
        new(JavaHash.Partition(groupId, topics.Find(TopicName.ConsumerOffsets)?.Partitions.Length ?? offsetsPartitions));

    private IoLock WritesOf(int offsetsPartition) => _writes.GetOrAdd(offsetsPartition, _ => new IoLock(hooks));

    // Appends and replays; the caller holds the write lock of the partition.
    private ErrorCode Write(
        PartitionLog log,
        string groupId,
        (long Id, short Epoch)? producer,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata?>> offsets,
        ref long endOffset)
    {
        long nowMs = NowMs;
        var write = new InternalWrite(log, nowMs, producer);
        ErrorCode error = write.Append([.. offsets.Select(offset => OffsetRecords.Record(groupId, offset.Key, offset.Value, nowMs))], Replay);
        endOffset = Math.Max(endOffset, write.EndOffset);
        return error;

        void Replay(int index, long recordOffset)
        {
            (TopicPartition partition, OffsetAndMetadata? offset) = offsets[index];
            Group group = GetOrAdd(groupId);
            lock (group)
            {
                if (producer is null)
                {
                    group.Replay(partition, offset, recordOffset);
                }
                else if (offset is { } pending)
                {
                    AddPending(group, producer.Value.Id, partition, new PendingOffset(pending, recordOffset));
                }
            }
        }
    }

    private string NextId()
    {
        lock (_randomLock)
        {
            return KafkaUuid.Create(random).ToString();
        }
    }
}
