using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Serves the requests for committed offsets, in the pattern of
/// <see cref="GroupCoordinator"/>. A commit is decided and appended under the write lock
/// of the group's partition, so that no rebalance can be between the two. An offset
/// belongs to a topic id: an offset of a deleted topic is not valid for a new topic of
/// the same name. Thread-safe.
/// </summary>
internal sealed class OffsetCoordinator(TopicRegistry topics, GroupLog groupLog, OffsetStore offsets, FlushDuties flushes, int maxMetadataLength)
{
    internal ValueTask<IReadOnlyList<PartitionResult>> CommitAsync(
        string groupId,
        string memberId,
        int generationId,
        string? instanceId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed) =>
        CommitAsync(groupId, new Committer(memberId, generationId, instanceId, IsTransactional: false), null, isDurable: false, committed);

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
        string? instanceId,
        long producerId,
        short producerEpoch,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed) =>
        CommitAsync(groupId, new Committer(memberId, generationId, instanceId, IsTransactional: true), (producerId, producerEpoch), isDurable, committed);

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

    /// <summary>
    /// Deletes offsets of a group, durably. A topic that members are subscribed to is
    /// refused; an error of the group is the result of each partition.
    /// </summary>
    internal async ValueTask<IReadOnlyList<PartitionResult>> DeleteAsync(string groupId, IReadOnlyList<TopicPartition> partitions)
    {
        if (!GroupDecisions.IsGroupId(groupId))
        {
            return Each(partitions, ErrorCode.InvalidGroupId);
        }

        PartitionLog? log;
        ErrorCode error;
        long endOffset = -1;
        PartitionResult[] results;
        using (groupLog.EnterWrites(offsets.PartitionOf(groupId)))
        {
            Group? group = offsets.Find(groupId);
            error = GroupDecisions.DeleteOffsets(group?.Metadata, group is not null && Exists(group));
            if (error != ErrorCode.None)
            {
                return Each(partitions, error);
            }

            results = [.. partitions.Select(partition => new PartitionResult(partition, CheckDeletion(group!, partition)))];
            TopicPartition[] deleted = [.. Stored(group!).Intersect(results.Where(static result => result.Error == ErrorCode.None).Select(static result => result.Partition))];
            log = deleted.Length == 0 ? null : groupLog.LogOf(groupId);
            if (deleted.Length > 0)
            {
                error = log is null ? ErrorCode.CoordinatorNotAvailable : groupLog.Remove(log, group!, deleted, removesGroup: false, ref endOffset);
                offsets.ForgetIfBlank(group!);
            }
        }

        ErrorCode flushed = endOffset < 0 ? ErrorCode.None : await flushes.WhenDurable(log!.Flusher, endOffset).ConfigureAwait(false);
        error = error == ErrorCode.None ? flushed : error;
        return [.. results.Select(result => result.Error == ErrorCode.None ? result with { Error = error } : result)];
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

    private async ValueTask<IReadOnlyList<PartitionResult>> CommitAsync(
        string groupId,
        Committer committer,
        (long Id, short Epoch)? producer,
        bool isDurable,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> committed)
    {
        var commit = new OffsetCommit(topics, maxMetadataLength, Decide(groupId, committer), committed);
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
                // Checked again: a rebalance, or a deletion, takes this lock.
                error = Decide(groupId, committer);
                commit.RefuseDeleted();
                error = error == ErrorCode.None ? groupLog.Append(log, groupId, producer, commit.Accepted, ref endOffset) : error;
                if (error == ErrorCode.None && !committer.IsTransactional)
                {
                    ExtendSession(groupId, committer.MemberId);
                }
            }

            ErrorCode settled = endOffset < 0 ? ErrorCode.None : await (isDurable ? flushes.WhenDurable(log.Flusher, endOffset) : log.WhenPublished(endOffset)).ConfigureAwait(false);
            commit.Refuse(error == ErrorCode.None ? settled : error);
        }

        return commit.Answers;
    }

    private ErrorCode Decide(string groupId, Committer committer) => !GroupDecisions.IsGroupId(groupId)
        ? ErrorCode.InvalidGroupId
        : GroupDecisions.Commit(offsets.Find(groupId)?.Metadata, committer.MemberId, committer.GenerationId, committer.InstanceId, committer.IsTransactional);

    // A commit is also a heartbeat. The deadline moves to a later time only, so the scheduled
    // check stays valid.
    private void ExtendSession(string groupId, string memberId)
    {
        if (offsets.Find(groupId) is { Metadata: { } metadata } group && metadata.Members.TryGetValue(memberId, out GroupMember? member))
        {
            group.Metadata = metadata.With(member.Alive(groupLog.Now.NowMs));
        }
    }

    private ErrorCode CheckDeletion(Group group, TopicPartition partition)
    {
        ErrorCode error = topics.Find(partition, default, out _);
        return error == ErrorCode.None && ConsumerSubscription.MayInclude(group.Metadata, partition.Topic) ? ErrorCode.GroupSubscribedToTopic : error;
    }

    private static bool Exists(Group group)
    {
        lock (group)
        {
            return group.Exists;
        }
    }

    private static TopicPartition[] Stored(Group group)
    {
        lock (group)
        {
            return [.. group.Stored];
        }
    }

    private static PartitionResult[] Each(IReadOnlyList<TopicPartition> partitions, ErrorCode error) => [.. partitions.Select(partition => new PartitionResult(partition, error))];

    /// <summary>Who commits, as stated by the request.</summary>
    private readonly record struct Committer(string MemberId, int GenerationId, string? InstanceId, bool IsTransactional);
}
