using System.Collections.Immutable;

namespace Zurau.Engine.Coordination;

/// <summary>What is known of a transactional id: the value of its record in <c>__transaction_state</c>. Immutable.</summary>
internal sealed record TransactionMetadata
{
    /// <summary>From here on the next bump takes a new producer id; the largest epoch is left for a last fencing.</summary>
    internal const short ExhaustedEpoch = short.MaxValue - 1;

    internal static ImmutableDictionary<string, Guid> NoTopicIds { get; } = ImmutableDictionary.Create<string, Guid>(StringComparer.Ordinal);

    internal required long ProducerId { get; init; }

    /// <summary>The producer id before the epochs of that were used up, else the present one; -1 where it is not known.</summary>
    internal long PreviousProducerId { get; init; } = -1;

    /// <summary>The producer id behind this transaction, when its epochs are used up with it; else -1.</summary>
    internal long NextProducerId { get; init; } = -1;

    internal required short Epoch { get; init; }

    internal short NextEpoch { get; init; } = -1;

    /// <summary>The epoch that the producer had before it asked for the present one; -1 for none. Not written down.</summary>
    internal short LastEpoch { get; init; } = -1;

    internal required int TimeoutMs { get; init; }

    internal TransactionState State { get; init; }

    /// <summary>Where the transaction has to end; null before the first one.</summary>
    internal ImmutableHashSet<TopicPartition>? Partitions { get; init; }

    /// <summary>
    /// The ids of the topics of <see cref="Partitions"/>: a topic that is deleted and created again is not part of the transaction. A topic
    /// without an entry, in a record of another maker, is found by its name.
    /// </summary>
    internal ImmutableDictionary<string, Guid> TopicIds { get; init; } = NoTopicIds;

    internal long LastUpdateMs { get; init; }

    internal long StartMs { get; init; } = -1;

    /// <summary>The transaction version of the client's last request; 0 before the first transaction.</summary>
    internal short ClientVersion { get; init; }

    /// <summary>With a decision to commit, how far the transaction's records go; empty where they were on disk before it.</summary>
    internal ImmutableArray<DataEnd> DataEnds { get; init; } = [];

    /// <summary>The transaction before, or the one that is complete, while its markers may not be on disk; else null.</summary>
    internal WrittenEnd? WrittenEnd { get; init; }

    internal bool IsExhausted => Epoch >= ExhaustedEpoch;

    internal bool IsPrepared => State is TransactionState.PrepareCommit or TransactionState.PrepareAbort;

    /// <summary>Whether markers carry a newer epoch than the data.</summary>
    internal bool BumpsEpoch => ClientVersion >= (short)TransactionVersion.V2;
}
