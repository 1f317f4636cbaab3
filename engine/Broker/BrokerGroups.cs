using Zurau.Engine.Common;
using Zurau.Engine.Coordination;

namespace Zurau.Engine;

/// <summary>Kafka's requests for consumer groups and their committed offsets. Thread-safe.</summary>
public sealed class BrokerGroups
{
    private readonly GroupCoordinator _coordinator;
    private readonly OffsetStore _offsets;
    private readonly ClosedFlag _closed;

    internal BrokerGroups(GroupCoordinator coordinator, OffsetStore offsets, ClosedFlag closed)
    {
        _coordinator = coordinator;
        _offsets = offsets;
        _closed = closed;
    }

    /// <summary>
    /// Joins a group. A group can have only one member: a second one receives
    /// <see cref="ErrorCode.GroupMaxSizeReached"/>.
    /// </summary>
    public JoinGroupResult Join(string groupId, string clientId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        (ErrorCode error, string memberId, int generationId, string? message) = _closed.IsSet ? (ErrorCode.BrokerNotAvailable, "", -1, ClosedFlag.Message) : _coordinator.Join(groupId, clientId);
        return new JoinGroupResult(error, memberId, generationId, message);
    }

    /// <summary>Leaves a group; later commits of the member are refused.</summary>
    public ErrorCode Leave(string groupId, string memberId) => _closed.IsSet ? ErrorCode.BrokerNotAvailable : _coordinator.Leave(groupId, memberId);

    /// <summary>
    /// Commits offsets as records of <c>__consumer_offsets</c> with acks=1: if a power failure loses
    /// one, records are redelivered, never skipped. A generation of -1 with an empty member id commits
    /// for a group without members.
    /// </summary>
    public ValueTask<IReadOnlyList<PartitionResult>> CommitOffsetsAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        if (_closed.IsSet)
        {
            return new ValueTask<IReadOnlyList<PartitionResult>>([.. offsets.Select(static offset => new PartitionResult(offset.Key, ErrorCode.BrokerNotAvailable))]);
        }

        return _coordinator.CommitAsync(groupId, memberId, generationId, offsets);
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
}
