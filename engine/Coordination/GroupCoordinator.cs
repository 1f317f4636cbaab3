using System.Collections.Concurrent;
using System.Text;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Keeps groups and their committed offsets. A commit is decided on the state in memory, appended to <c>__consumer_offsets</c>, replayed
/// into the state, and then answered; loading after a restart (<see cref="GroupLoader"/>) is the same replay. An offset belongs to a topic
/// by its id: one of a topic that was deleted does not count for a topic of the same name. Thread-safe.
/// </summary>
internal sealed class GroupCoordinator(
    TopicRegistry topics, FlushDuties flushes, int offsetsPartitions, int maxMetadataLength, Random random, TimeProvider time, LogHooks? hooks)
{
    private readonly ConcurrentDictionary<string, Group> _groups = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Partition, long ProducerId), ConcurrentDictionary<Group, bool>> _open = new(); // Groups with offsets in open transactions.
    private readonly Lock _randomLock = new();

    // By partition of __consumer_offsets. Held over the check that a topic is there, the append of its offsets and their replay, so that the
    // log has them in the order in which they count; by who ends a transaction, so that a marker finds what is before it; and by who has
    // removed a topic, so that its offsets are all found. Taken before a group's own lock.
    private readonly ConcurrentDictionary<int, FileLock> _writes = new();

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>All groups, in ordinal order of their ids.</summary>
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
                return (ErrorCode.GroupMaxSizeReached, "", -1, $"Group '{groupId}' already has the member '{group.MemberId}'. Groups of several members are not there yet: close that consumer first, or use another 'group.id'.");
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
    /// Commits offsets as part of a producer's transaction, which has the group's partition in it: they count once it is committed.
    /// A generation of -1 with an empty member id asks for no look at the group (KIP-447). Durable ones survive a power loss that their producer survives too.
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

    /// <summary>The partition of <c>__consumer_offsets</c> that a group's offsets are in; null where there can be none.</summary>
    internal TopicPartition? PartitionOf(string groupId) => IsGroupId(groupId) ? LogOf(groupId)?.Partition : null;

    /// <summary>Ends a producer's transaction in a partition of <c>__consumer_offsets</c>, whose marker is in the log.</summary>
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
                // Once more: a deletion takes this lock after its topic has been removed.
                commit.RefuseDeleted();
                error = Write(log, groupId, producer, commit.Accepted, ref endOffset);
            }

            ErrorCode settled = endOffset < 0 ? ErrorCode.None : await (isDurable ? flushes.WhenDurable(log, endOffset) : log.WhenPublished(endOffset)).ConfigureAwait(false);
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

    /// <summary>Whether an open transaction may change a group's offset.</summary>
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
    /// Removes the offsets of a topic that was deleted, durably. Call when nothing finds the topic any more: a commit under way then either
    /// is before this, and its offset is removed, or is refused. While the deletion is not durable, offsets are removed from memory only: a
    /// startup may have the topic back, with its offsets.
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
                waits.Add(flushes.WhenDurable(log, endOffset));
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
            // A request that is refused leaves no group.
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

    /// <summary>Writes offsets that count at once, or tombstones, at startup, when nothing else writes: what is appended is published.</summary>
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

    /// <summary>The group of an id, made if it is not known.</summary>
    internal Group GetOrAdd(string groupId) => _groups.GetOrAdd(groupId, NewGroup);

    /// <summary>Takes an offset of an open transaction, which counts once it is committed.</summary>
    internal void AddPending(Group group, long producerId, TopicPartition partition, PendingOffset offset)
    {
        _open.GetOrAdd((group.Partition, producerId), static _ => new())[group] = true;
        group.AddPending(producerId, partition, offset);
    }

    /// <summary>The log of a group; null where it could not be created.</summary>
    internal PartitionLog? LogOf(string groupId) => InternalTopic.LogOf(topics, TopicName.ConsumerOffsets, groupId, offsetsPartitions, 100 * 1024 * 1024);

    // A partition's number follows from the number of partitions, which is given when the topic is created and never changed.
    private Group NewGroup(string groupId) =>
        new(JavaHash.Partition(groupId, topics.Find(TopicName.ConsumerOffsets)?.Partitions.Length ?? offsetsPartitions));

    private FileLock WritesOf(int offsetsPartition) => _writes.GetOrAdd(offsetsPartition, _ => new FileLock(hooks));

    // Appends and replays; the caller holds the lock of the partition's writes.
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
