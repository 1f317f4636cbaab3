using Zurau.Engine.Common;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// A commit of offsets in progress: the accepted offsets and the result of each
/// partition.
/// </summary>
internal sealed class OffsetCommit
{
    private readonly TopicRegistry _topics;
    private readonly List<(int Index, bool HasTopicId)> _places = []; // Parallel to Accepted.

    internal OffsetCommit(TopicRegistry topics, int maxMetadataLength, ErrorCode refused, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        _topics = topics;
        Answers = new PartitionResult[offsets.Count];
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

            Answers[i] = new PartitionResult(partition, error);
            if (error == ErrorCode.None)
            {
                _places.Add((i, offset.TopicId != default));
                Accepted.Add(KeyValuePair.Create(partition, (OffsetAndMetadata?)(offset with { TopicId = topic!.Description.TopicId })));
            }
        }
    }

    /// <summary>The offsets to write, with the ids of their topics.</summary>
    internal List<KeyValuePair<TopicPartition, OffsetAndMetadata?>> Accepted { get; } = [];

    /// <summary>The results, in the order of the request.</summary>
    internal PartitionResult[] Answers { get; }

    /// <summary>Refuses accepted offsets whose topics were deleted in the meantime.</summary>
    internal void RefuseDeleted()
    {
        for (int i = Accepted.Count - 1; i >= 0; i--)
        {
            ErrorCode error = _topics.Find(Accepted[i].Key, Accepted[i].Value!.Value.TopicId, out _);
            if (error != ErrorCode.None)
            {
                Refuse(_places[i].Index, _places[i].HasTopicId ? error : ErrorCode.UnknownTopicOrPartition);
                Accepted.RemoveAt(i);
                _places.RemoveAt(i);
            }
        }
    }

    /// <summary>
    /// Sets an error for all offsets that are still accepted; does nothing for no error.
    /// </summary>
    internal void Refuse(ErrorCode error)
    {
        foreach ((int index, _) in _places)
        {
            Refuse(index, error);
        }
    }

    private void Refuse(int index, ErrorCode error) => Answers[index] = Answers[index] with { Error = error };
}
