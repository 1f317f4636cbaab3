using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>
/// The state of a transactional id: the value of its record in
/// <c>__transaction_state</c>. Immutable.
/// </summary>
internal sealed record TransactionMetadata
{
    /// <summary>
    /// At this epoch the next bump uses a new producer id; the largest epoch is reserved
    /// for a last fencing.
    /// </summary>
    internal const short ExhaustedEpoch = short.MaxValue - 1;

    internal static ImmutableDictionary<string, Guid> NoTopicIds { get; } = ImmutableDictionary.Create<string, Guid>(StringComparer.Ordinal);

    internal required long ProducerId { get; init; }

    /// <summary>
    /// The producer id whose epochs were exhausted, else the current one; -1 if unknown.
    /// </summary>
    internal long PreviousProducerId { get; init; } = -1;

    /// <summary>
    /// The producer id after this transaction if it exhausts the current id's epochs; else
    /// -1.
    /// </summary>
    internal long NextProducerId { get; init; } = -1;

    internal required short Epoch { get; init; }

    internal short NextEpoch { get; init; } = -1;

    /// <summary>
    /// The producer's epoch before its last initialization; -1 for none. Not persisted.
    /// </summary>
    internal short LastEpoch { get; init; } = -1;

    internal required int TimeoutMs { get; init; }

    internal TransactionState State { get; init; }

    /// <summary>
    /// The partitions in which the transaction must end; null before the first transaction.
    /// </summary>
    internal ImmutableHashSet<TopicPartition>? Partitions { get; init; }

    /// <summary>
    /// The ids of the topics of <see cref="Partitions"/>: a topic that is deleted and
    /// created again is not part of the transaction. A topic without an entry, in a record
    /// written by Apache Kafka, is found by its name.
    /// </summary>
    internal ImmutableDictionary<string, Guid> TopicIds { get; init; } = NoTopicIds;

    internal long LastUpdateMs { get; init; }

    internal long StartMs { get; init; } = -1;

    /// <summary>
    /// The transaction version of the client's last request; 0 before the first
    /// transaction.
    /// </summary>
    internal short ClientVersion { get; init; }

    /// <summary>
    /// For a decision to commit: the ends of the transaction's records; empty if they were
    /// on disk before the decision.
    /// </summary>
    internal ImmutableArray<DataEnd> DataEnds { get; init; } = [];

    /// <summary>
    /// The previous or completed transaction whose markers may not be on disk; else null.
    /// </summary>
    internal WrittenEnd? WrittenEnd { get; init; }

    internal bool IsExhausted => Epoch >= ExhaustedEpoch;

    internal bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    /// <summary>True if markers have a newer epoch than the data.</summary>
    internal bool BumpsEpoch => ClientVersion >= (short)TransactionVersion.V2;
}
