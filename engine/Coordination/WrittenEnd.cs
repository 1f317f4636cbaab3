using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// An ended transaction whose markers may not be on disk: a startup rewrites missing
/// markers.
/// </summary>
/// <param name="ProducerId">The transaction's producer.</param>
/// <param name="Epoch">The markers' epoch, which is newer than that of the
/// transaction's records.</param>
/// <param name="IsCommit">COMMIT or ABORT.</param>
/// <param name="Partitions">The partitions of the markers.</param>
internal sealed record WrittenEnd(long ProducerId, short Epoch, bool IsCommit, ImmutableHashSet<TopicPartition> Partitions)
{
    /// <summary>The ids of their topics; a topic without an entry is found by its name.</summary>
    internal ImmutableDictionary<string, Guid> TopicIds { get; init; } = TransactionMetadata.NoTopicIds;
}
