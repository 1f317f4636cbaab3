using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>A commit of offsets while it is decided: what is accepted, and the answer for each partition.</summary>
internal sealed class OffsetCommit
{
    private readonly TopicRegistry _topics;
    private readonly List<(int Index, bool HasTopicId)> _places = []; // Of the accepted ones, in their order.

    internal OffsetCommit(TopicRegistry topics, int maxMetadataLength, ErrorCode refused, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        _topics = topics;
        Answers = new (TopicPartition Partition, ErrorCode Error)[offsets.Count];
        for (int i = 0; i < Answers.Length; i++)
        {
            (TopicPartition partition, OffsetAndMetadata offset) = offsets[i];
            Topic? topic = null;
            ErrorCode error = refused != ErrorCode.None ? refused : topics.Find(partition, offset.TopicId, out topic);
            if (error == ErrorCode.None)
            {
                error = offset.Offset < 0 ? ErrorCode.InvalidCommitOffsetSize
                    : offset.Metadata.Length > maxMetadataLength ? ErrorCode.OffsetMetadataTooLarge
                    : ErrorCode.None;
            }

            Answers[i] = (partition, error);
            if (error == ErrorCode.None)
            {
                _places.Add((i, offset.TopicId != default));
                Accepted.Add(KeyValuePair.Create(partition, (OffsetAndMetadata?)(offset with { TopicId = topic!.Description.TopicId })));
            }
        }
    }

    /// <summary>What is to be written, with the ids of the topics.</summary>
    internal List<KeyValuePair<TopicPartition, OffsetAndMetadata?>> Accepted { get; } = [];

    /// <summary>The answers, in the order of the request.</summary>
    internal (TopicPartition Partition, ErrorCode Error)[] Answers { get; }

    /// <summary>Refuses the offsets of topics that were deleted since they were accepted.</summary>
    internal void RefuseDeleted()
    {
        for (int i = Accepted.Count - 1; i >= 0; i--)
        {
            ErrorCode error = _topics.Find(Accepted[i].Key, Accepted[i].Value!.Value.TopicId, out _);
            if (error != ErrorCode.None)
            {
                Answers[_places[i].Index].Error = _places[i].HasTopicId ? error : ErrorCode.UnknownTopicOrPartition;
                Accepted.RemoveAt(i);
                _places.RemoveAt(i);
            }
        }
    }

    /// <summary>Answers everything that is still accepted with an error, if it is one.</summary>
    internal void Refuse(ErrorCode error)
    {
        foreach ((int index, _) in _places)
        {
            Answers[index].Error = error;
        }
    }
}
