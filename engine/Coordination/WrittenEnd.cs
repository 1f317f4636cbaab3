using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>A transaction that was ended and whose markers may not be on disk: a startup looks for those that are missing and writes them again.</summary>
/// <param name="ProducerId">Whose transaction it was.</param>
/// <param name="Epoch">The markers' epoch, which is newer than that of the transaction's records.</param>
/// <param name="IsCommit">COMMIT or ABORT.</param>
/// <param name="Partitions">Where the markers are.</param>
internal sealed record WrittenEnd(long ProducerId, short Epoch, bool IsCommit, ImmutableHashSet<TopicPartition> Partitions)
{
    /// <summary>The ids of their topics; a topic without an entry is found by its name.</summary>
    internal ImmutableDictionary<string, Guid> TopicIds { get; init; } = TransactionMetadata.NoTopicIds;
}
