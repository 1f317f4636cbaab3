using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Serves the requests for groups. A commit is decided on the in-memory state
/// (<see cref="GroupDecisions"/>), appended to <c>__consumer_offsets</c>, replayed into
/// the state (<see cref="GroupLog"/>, <see cref="OffsetStore"/>), and then answered;
/// loading after a restart (<see cref="GroupLoader"/>) uses the same replay. An offset
/// belongs to a topic id: an offset of a deleted topic is not valid for a new topic of
/// the same name. Thread-safe.
/// </summary>
internal sealed class GroupCoordinator(TopicRegistry topics, GroupLog groupLog, OffsetStore offsets, FlushDuties flushes, int maxMetadataLength, Random random)
{
    private readonly Lock _randomLock = new();

    internal (ErrorCode Error, string MemberId, int GenerationId, string? Message) Join(string groupId, string clientId)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return (ErrorCode.InvalidGroupId, "", -1, $"The group id has {groupId.Length} characters; set 'group.id' to 1 to {short.MaxValue} bytes of text.");
        }

        Group group = offsets.GetOrAdd(groupId);
        lock (group)
        {
            ErrorCode refused = GroupDecisions.Join(group);
            if (refused != ErrorCode.None)
            {
                return (refused, "", -1, $"Group '{groupId}' already has the member '{group.MemberId}'. Groups with several members are not implemented: close that consumer first, or use another 'group.id'.");
            }

            group.MemberId = $"{(clientId.Length == 0 ? "consumer" : clientId)}-{NextId()}";
            group.GenerationId++;
            return (ErrorCode.None, group.MemberId, group.GenerationId, null);
        }
    }

    internal ErrorCode Leave(string groupId, string memberId)
    {
        if (offsets.Find(groupId) is not { } group)
        {
            return GroupDecisions.Leave(null, memberId);
        }

        lock (group)
        {
            ErrorCode refused = GroupDecisions.Leave(group, memberId);
            group.MemberId = refused == ErrorCode.None ? null : group.MemberId;
            return refused;
        }
    }

    internal ValueTask<IReadOnlyList<PartitionResult>> CommitAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed) =>
        CommitAsync(groupId, Decide(groupId, memberId, generationId), null, isDurable: false, committed);

    /// <summary>
    /// Commits offsets in a producer's transaction that contains the group's partition:
    /// they become effective when it is committed. A generation of -1 with an empty member
    /// id skips the membership check (KIP-447). Durable offsets survive every power failure
    /// that their producer survives.
    /// </summary>
    internal ValueTask<IReadOnlyList<PartitionResult>> CommitInTransactionAsync(
        string groupId,
        string memberId,
        int generationId,
        long producerId,
        short producerEpoch,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed)
    {
        bool isChecked = GroupDecisions.IsOfMember(memberId, generationId) || !GroupDecisions.IsGroupId(groupId);
        ErrorCode refused = isChecked ? Decide(groupId, memberId, generationId) : ErrorCode.None;
        return CommitAsync(groupId, refused, (producerId, producerEpoch), isDurable, committed);
    }

    /// <summary>
    /// Returns the partition of <c>__consumer_offsets</c> with a group's offsets; null if
    /// the group id is invalid or the topic cannot be created.
    /// </summary>
    internal TopicPartition? PartitionOf(string groupId) => GroupDecisions.IsGroupId(groupId) ? groupLog.LogOf(groupId)?.Partition : null;

    /// <summary>
    /// Completes a producer's transaction in a partition of <c>__consumer_offsets</c> whose
    /// log has the marker.
    /// </summary>
    internal void CompleteTransaction(int partition, long producerId, bool isCommit)
    {
        using (groupLog.EnterWrites(partition))
        {
            offsets.CompleteTransaction(partition, producerId, isCommit);
        }
    }

    private async ValueTask<IReadOnlyList<PartitionResult>> CommitAsync(
        string groupId,
        ErrorCode refused,
        (long Id, short Epoch)? producer,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed)
    {
        var commit = new OffsetCommit(topics, maxMetadataLength, refused, committed);
        PartitionLog? log = commit.Accepted.Count > 0 ? groupLog.LogOf(groupId) : null;
        if (log is null)
        {
            commit.Refuse(ErrorCode.CoordinatorNotAvailable);
        }
        else
        {
            ErrorCode error;
            long endOffset = -1;
            using (groupLog.EnterWrites(log.Partition.Partition))
            {
                // Checked again: a deletion takes this lock after its topic was removed.
                commit.RefuseDeleted();
                error = groupLog.Append(log, groupId, producer, commit.Accepted, ref endOffset);
            }

            ErrorCode settled = endOffset < 0 ? ErrorCode.None : await (isDurable ? flushes.WhenDurable(log.Flusher, endOffset) : log.WhenPublished(endOffset)).ConfigureAwait(false);
            commit.Refuse(error == ErrorCode.None ? settled : error);
        }

        return commit.Answers;
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
        foreach (PartitionLog log in groupLog.Logs)
        {
            long endOffset = -1;
            using (groupLog.EnterWrites(log.Partition.Partition))
            {
                List<(string GroupId, TopicPartition[] Partitions)> forgotten = offsets.Forget(log.Partition.Partition, topic, topicId);
                foreach ((string groupId, TopicPartition[] partitions) in isDurable ? forgotten : [])
                {
                    ErrorCode written = groupLog.Append(log, groupId, null, [.. partitions.Select(static partition => KeyValuePair.Create(partition, (OffsetAndMetadata?)null))], ref endOffset);
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

    private ErrorCode Decide(string groupId, string memberId, int generationId)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return ErrorCode.InvalidGroupId;
        }

        if (offsets.Find(groupId) is not { } group)
        {
            return GroupDecisions.Commit(null, memberId, generationId);
        }

        lock (group)
        {
            return GroupDecisions.Commit(group, memberId, generationId);
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
