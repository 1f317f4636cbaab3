using Zurau.Engine.Common;
using Zurau.Engine.Coordination;

namespace Zurau.Engine;

/// <summary>Kafka's requests for groups and their committed offsets. Thread-safe.</summary>
public sealed class BrokerGroups
{
    private readonly GroupCoordinator _members;
    private readonly OffsetCoordinator _commits;
    private readonly OffsetStore _offsets;
    private readonly ClosedFlag _closed;

    internal BrokerGroups(GroupCoordinator members, OffsetCoordinator commits, OffsetStore offsets, ClosedFlag closed)
    {
        _members = members;
        _commits = commits;
        _offsets = offsets;
        _closed = closed;
    }

    /// <summary>
    /// Joins a group, or its next generation. Completes when the generation is complete: when all
    /// members have joined, or at the latest after their rebalance timeout. Uses no thread meanwhile.
    /// </summary>
    public ValueTask<JoinGroupResult> JoinAsync(JoinGroupRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _closed.IsSet ? new ValueTask<JoinGroupResult>(new JoinGroupResult(ErrorCode.BrokerNotAvailable, "", -1, ClosedFlag.Message)) : _members.JoinAsync(request);
    }

    /// <summary>
    /// Joins an empty group as its only member, which sends no heartbeats. Others that join receive
    /// <see cref="ErrorCode.GroupMaxSizeReached"/> until it leaves, and so does this request if the
    /// group has members.
    /// </summary>
    public JoinGroupResult Join(string groupId, string clientId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(clientId);
        return _closed.IsSet ? new JoinGroupResult(ErrorCode.BrokerNotAvailable, "", -1, ClosedFlag.Message) : _members.JoinExclusively(groupId, clientId);
    }

    /// <summary>
    /// Returns the assignment of a member; the leader's request contains the assignments of all.
    /// Completes when the leader has sent them and they are on disk. Uses no thread meanwhile.
    /// </summary>
    public ValueTask<SyncGroupResult> SyncAsync(SyncGroupRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _closed.IsSet ? new ValueTask<SyncGroupResult>(SyncGroupResult.Refused(ErrorCode.BrokerNotAvailable)) : _members.SyncAsync(request);
    }

    /// <summary>
    /// Extends the session of a member. <see cref="ErrorCode.RebalanceInProgress"/> requests that it
    /// joins again.
    /// </summary>
    public ErrorCode Heartbeat(string groupId, string memberId, int generationId, string? groupInstanceId = null)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(memberId);
        return _closed.IsSet ? ErrorCode.BrokerNotAvailable : _members.Heartbeat(groupId, memberId, generationId, groupInstanceId);
    }

    /// <summary>Leaves a group; later commits of the member are refused.</summary>
    public ErrorCode Leave(string groupId, string memberId) => Leave(groupId, [new LeavingMember(memberId)])[0].Error;

    /// <summary>Removes members from a group. Returns a result for each, in order.</summary>
    public IReadOnlyList<LeaveGroupResult> Leave(string groupId, IReadOnlyList<LeavingMember> members)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(members);
        return _closed.IsSet ? [.. members.Select(static member => new LeaveGroupResult(member, ErrorCode.BrokerNotAvailable))] : _members.Leave(groupId, members);
    }

    /// <summary>Lists groups in ordinal order of their ids.</summary>
    public IReadOnlyList<GroupListing> List() => [.. _members.List()];

    /// <summary>
    /// Describes a group. One that does not exist has the state <see cref="GroupState.Dead"/>; versions
    /// 6 and later of the request return GROUP_ID_NOT_FOUND for it.
    /// </summary>
    public GroupDescription Describe(string groupId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        return _members.Describe(groupId) ?? new GroupDescription(groupId, GroupState.Dead, "", "", 0, []);
    }

    /// <summary>Deletes a group without members, with its offsets, durably.</summary>
    public ValueTask<ErrorCode> DeleteAsync(string groupId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        return _closed.IsSet ? new ValueTask<ErrorCode>(ErrorCode.BrokerNotAvailable) : _members.DeleteAsync(groupId);
    }

    /// <summary>
    /// Commits offsets as records of <c>__consumer_offsets</c> with acks=1: if a power failure loses
    /// one, records are redelivered, never skipped. A generation of -1 with an empty member id commits
    /// for a group without members.
    /// </summary>
    public ValueTask<IReadOnlyList<PartitionResult>> CommitOffsetsAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        string? groupInstanceId = null)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        if (_closed.IsSet)
        {
            return new ValueTask<IReadOnlyList<PartitionResult>>([.. offsets.Select(static offset => new PartitionResult(offset.Key, ErrorCode.BrokerNotAvailable))]);
        }

        return _commits.CommitAsync(groupId, memberId, generationId, groupInstanceId, offsets);
    }

    /// <summary>
    /// Returns committed offsets; null requests all of the group. With
    /// <paramref name="requireStable"/>, an offset that an open transaction may change returns
    /// <see cref="ErrorCode.UnstableOffsetCommit"/>, which is retriable.
    /// </summary>
    public IReadOnlyList<OffsetFetchResult> FetchOffsets(string groupId, IReadOnlyList<TopicPartition>? partitions, bool requireStable = false) =>
    [
        .. (partitions ?? [.. _offsets.Fetch(groupId).Keys]).Select(partition => _closed.IsSet ? new OffsetFetchResult(partition, null, ErrorCode.BrokerNotAvailable) : requireStable && _offsets.IsUnstable(groupId, partition)
            ? new OffsetFetchResult(partition, null, ErrorCode.UnstableOffsetCommit)
            : new OffsetFetchResult(partition, _offsets.Fetch(groupId, partition))),
    ];

    /// <summary>
    /// Deletes committed offsets durably. <see cref="ErrorCode.GroupSubscribedToTopic"/> is returned
    /// for topics that members are subscribed to; an error of the whole group is the result of each
    /// partition.
    /// </summary>
    public ValueTask<IReadOnlyList<PartitionResult>> DeleteOffsetsAsync(string groupId, IReadOnlyList<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(partitions);
        return _closed.IsSet
            ? new ValueTask<IReadOnlyList<PartitionResult>>([.. partitions.Select(static partition => new PartitionResult(partition, ErrorCode.BrokerNotAvailable))])
            : _commits.DeleteAsync(groupId, partitions);
    }
}
