using Zurau.Engine;
using Zurau.Engine.Common;

namespace Zurau.Embedded.Consuming;

/// <summary>A consumer's place in its group, and the offsets that it commits there.</summary>
internal sealed class GroupMembership(Broker broker, ConsumerOptions options)
{
    private string _memberId = "";
    private int _generationId = -1;

    internal ConsumerGroupMetadata? Metadata => options.GroupId is null ? null : new ConsumerGroupMetadata(options.GroupId, _generationId, _memberId);

    /// <exception cref="KafkaException">There is no group, or it refuses the member.</exception>
    internal void Join()
    {
        if (_memberId.Length > 0)
        {
            return;
        }

        JoinGroupResult joined = broker.Groups.Join(GroupId("A subscription"), options.ClientId);
        if (joined.Error != ErrorCode.None)
        {
            throw KafkaException.For(joined.Error, joined.Message ?? $"Group '{options.GroupId}' refused the consumer: {joined.Error}.");
        }

        _memberId = joined.MemberId;
        _generationId = joined.GenerationId;
    }

    internal void Leave()
    {
        if (_memberId.Length > 0)
        {
            broker.Groups.Leave(options.GroupId!, _memberId).IgnoreBecause("a group that does not know the member, or is closed, is left already");
            _memberId = "";
            _generationId = -1;
        }
    }

    /// <exception cref="KafkaException">There is no group, or it refuses an offset.</exception>
    internal async ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        string groupId = GroupId("A commit");
        if (offsets.Count == 0)
        {
            return;
        }

        IReadOnlyList<PartitionResult> results =
            await broker.Groups.CommitOffsetsAsync(groupId, _memberId, _generationId, offsets).ConfigureAwait(false);
        foreach ((TopicPartition partition, ErrorCode error) in results)
        {
            if (error != ErrorCode.None)
            {
                long offset = offsets.First(committed => committed.Key == partition).Value.Offset;
                throw KafkaException.For(error, $"Group '{groupId}' did not take offset {offset} of {partition}: {Explain(error)}");
            }
        }
    }

    /// <exception cref="KafkaException">An open transaction may change an offset: ask again.</exception>
    internal Dictionary<TopicPartition, OffsetAndMetadata?> Committed(IReadOnlyCollection<TopicPartition> partitions)
    {
        string groupId = GroupId("A committed offset");
        var committed = new Dictionary<TopicPartition, OffsetAndMetadata?>(partitions.Count);
        foreach (OffsetFetchResult offset in broker.Groups.FetchOffsets(groupId, [.. partitions], options.IsolationLevel == IsolationLevel.ReadCommitted))
        {
            committed[offset.Partition] = offset.Error == ErrorCode.None
                ? offset.Committed
                : throw KafkaException.For(offset.Error, $"The offset of group '{groupId}' for {offset.Partition} may be changed by a transaction that is open; ask again.");
        }

        return committed;
    }

    private static string Explain(ErrorCode error) => error switch
    {
        ErrorCode.UnknownMemberId or ErrorCode.IllegalGeneration => "this consumer is not its member any more (or another consumer is); " +
            "poll or subscribe again.",
        ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId => "the partition does not exist.",
        ErrorCode.InconsistentTopicId => "its topic was deleted and created again since the records were read.",
        ErrorCode.InvalidCommitOffsetSize => "an offset is 0 or more.",
        ErrorCode.OffsetMetadataTooLarge => "its metadata is longer than offset.metadata.max.bytes.",
        _ => $"{error}.",
    };

    private string GroupId(string what) => options.GroupId
        ?? throw KafkaException.For(
            ErrorCode.InvalidGroupId,
            $"{what} needs a group: set group.id, or take partitions with Assign and keep offsets yourself.");
}
