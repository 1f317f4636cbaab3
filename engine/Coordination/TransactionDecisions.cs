using System.Collections.Immutable;
using Zurau.Engine.Log;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Decides requests for transactions: pure functions of the state, with Kafka's rules
/// and codes. <see cref="TransactionCoordinator"/> appends and replays their results.
/// </summary>
internal static class TransactionDecisions
{
    /// <summary>
    /// Initializes a producer's id and epoch. An ongoing transaction must be ended first,
    /// see <see cref="Fence"/>.
    /// </summary>
    /// <param name="current">The state; null for an unknown transactional id.</param>
    /// <param name="expectedId">The client's producer id; -1 for a new client.</param>
    /// <param name="expectedEpoch">The client's epoch; -1 for a new client.</param>
    /// <param name="timeoutMs">The client's transaction timeout.</param>
    /// <param name="newId">Assigns a producer id.</param>
    /// <param name="nowMs">Wall-clock milliseconds.</param>
    internal static TransactionDecision Init(TransactionMetadata? current, long expectedId, short expectedEpoch, int timeoutMs, Func<long> newId, long nowMs)
    {
        if (current is null)
        {
            return new TransactionDecision(ErrorCode.None, Identity(newId(), -1, 0, -1, timeoutMs, nowMs));
        }

        bool isExpecting = expectedId >= 0;
        bool isRotationRetry = expectedId == current.PreviousProducerId && expectedId != current.ProducerId && expectedEpoch >= TransactionMetadata.ExhaustedEpoch;
        if (isExpecting && expectedId != current.ProducerId && !isRotationRetry)
        {
            return new TransactionDecision(ErrorCode.ProducerFenced);
        }

        if (current.IsPrepared)
        {
            return new TransactionDecision(ErrorCode.ConcurrentTransactions);
        }

        if (isRotationRetry)
        {
            // The client did not receive the new producer id. Its request can only have created
            // the first epoch.
            return current.Epoch == 0 ? new TransactionDecision(ErrorCode.None, current) : new TransactionDecision(ErrorCode.ProducerFenced);
        }

        if (isExpecting && expectedEpoch != current.Epoch)
        {
            bool isRetry = expectedEpoch == current.LastEpoch;
            return isRetry ? new TransactionDecision(ErrorCode.None, current) : new TransactionDecision(ErrorCode.ProducerFenced);
        }

        return new TransactionDecision(ErrorCode.None, current.IsExhausted
            ? Identity(newId(), current.ProducerId, 0, isExpecting ? expectedEpoch : (short)-1, timeoutMs, nowMs)
            : Identity(current.ProducerId, current.ProducerId, (short)(current.Epoch + 1), isExpecting ? expectedEpoch : (short)-1, timeoutMs, nowMs));
    }

    /// <summary>Adds partitions to a transaction and starts it if necessary.</summary>
    /// <param name="current">The state; null for an unknown transactional id.</param>
    /// <param name="producerId">The client's producer id.</param>
    /// <param name="epoch">The client's epoch.</param>
    /// <param name="partitions">The partitions.</param>
    /// <param name="topicIds">The ids of their topics.</param>
    /// <param name="version">The client's protocol version.</param>
    /// <param name="nowMs">Wall-clock milliseconds.</param>
    internal static TransactionDecision AddPartitions(
        TransactionMetadata? current,
        long producerId,
        short epoch,
        IReadOnlyCollection<TopicPartition> partitions,
        ImmutableDictionary<string, Guid> topicIds,
        TransactionVersion version,
        long nowMs)
    {
        if (current is null || current.ProducerId != producerId)
        {
            return new TransactionDecision(ErrorCode.InvalidProducerIdMapping);
        }

        if (current.Epoch != epoch)
        {
            return new TransactionDecision(ErrorCode.ProducerFenced);
        }

        if (current.IsPrepared)
        {
            return new TransactionDecision(ErrorCode.ConcurrentTransactions);
        }

        bool isOngoing = current.State == TransactionState.Ongoing;
        ImmutableDictionary<string, Guid> ids = isOngoing ? current.TopicIds : TransactionMetadata.NoTopicIds;
        ImmutableHashSet<TopicPartition> known = isOngoing ? current.Partitions ?? [] : [];

        // The transaction's records in a topic that was deleted and created again are deleted.
        TopicPartition[] deleted = [.. known.Where(partition => topicIds.TryGetValue(partition.Topic, out Guid id) && ids.GetValueOrDefault(partition.Topic, id) != id)];
        ImmutableHashSet<TopicPartition> all = known.Except(deleted).Union(partitions);
        return isOngoing && deleted.Length == 0 && all.Count == known.Count
            ? new TransactionDecision(ErrorCode.None)
            : new TransactionDecision(ErrorCode.None, current with
            {
                State = TransactionState.Ongoing,
                Partitions = all,
                TopicIds = ids.SetItems(topicIds),
                PreviousProducerId = current.ProducerId,
                LastEpoch = -1, // The producer uses its new epoch, so a request with the previous epoch is outdated.
                LastUpdateMs = nowMs,
                StartMs = isOngoing ? current.StartMs : nowMs,
                ClientVersion = (short)version,
            });
    }

    /// <summary>Ends a transaction at its client's request.</summary>
    /// <param name="current">The state; null for an unknown transactional id.</param>
    /// <param name="producerId">The client's producer id.</param>
    /// <param name="epoch">The client's epoch.</param>
    /// <param name="isCommit">Commit or abort.</param>
    /// <param name="version">The client's protocol version.</param>
    /// <param name="newId">Assigns a producer id.</param>
    /// <param name="nowMs">Wall-clock milliseconds.</param>
    internal static TransactionDecision End(
        TransactionMetadata? current,
        long producerId,
        short epoch,
        bool isCommit,
        TransactionVersion version,
        Func<long> newId,
        long nowMs)
    {
        bool bumps = version == TransactionVersion.V2;
        if (current is null)
        {
            return new TransactionDecision(ErrorCode.InvalidProducerIdMapping);
        }

        // If each transaction has its own epoch, the stored epoch is already newer when
        // this request is a retry.
        bool isRotationRetry = bumps && epoch == TransactionMetadata.ExhaustedEpoch && producerId == current.PreviousProducerId
            && producerId != current.ProducerId && current.Epoch == 0;
        bool isRetry = isRotationRetry || (bumps && producerId == current.ProducerId && epoch + 1 == current.Epoch);
        if (producerId != current.ProducerId && !isRotationRetry)
        {
            return new TransactionDecision(ErrorCode.InvalidProducerIdMapping);
        }

        // No producer uses the largest epoch: it only fenced the previous one, and no
        // larger epoch exists.
        if (isRetry && current.Epoch == short.MaxValue && current.NextProducerId < 0)
        {
            return new TransactionDecision(ErrorCode.ProducerFenced);
        }

        if (epoch != current.Epoch && !isRetry)
        {
            return new TransactionDecision(ErrorCode.ProducerFenced);
        }

        switch (current.State)
        {
            case TransactionState.Ongoing:
                return isRetry
                    ? new TransactionDecision(ErrorCode.ProducerFenced)
                    : new TransactionDecision(ErrorCode.None, Prepare(current, isCommit, version, newId, nowMs));
            case TransactionState.CompleteCommit when isCommit && (isRetry || !bumps):
            case TransactionState.CompleteAbort when !isCommit && (isRetry || !bumps):
                return new TransactionDecision(ErrorCode.None);
            case TransactionState.PrepareCommit when isCommit && (isRetry || !bumps):
            case TransactionState.PrepareAbort when !isCommit && (isRetry || !bumps):
                return new TransactionDecision(ErrorCode.ConcurrentTransactions);
            case TransactionState.Empty or TransactionState.CompleteCommit or TransactionState.CompleteAbort when bumps && !isCommit && !isRetry:
                // The client does not know whether its batches have started a transaction; the new
                // epoch prevents that they start one later.
                return new TransactionDecision(ErrorCode.None, Prepare(current with { Partitions = [], TopicIds = TransactionMetadata.NoTopicIds, StartMs = nowMs }, false, version, newId, nowMs));
            default:
                return new TransactionDecision(ErrorCode.InvalidTxnState);
        }
    }

    /// <summary>Aborts an ongoing transaction and fences its producer.</summary>
    internal static TransactionMetadata Fence(TransactionMetadata ongoing, long nowMs) => ongoing with
    {
        State = TransactionState.PrepareAbort,
        PreviousProducerId = ongoing.ProducerId,
        Epoch = (short)(ongoing.Epoch + 1), // Cannot overflow: the largest epoch is reserved for fencing.
        LastEpoch = -1,
        LastUpdateMs = nowMs,
    };

    /// <summary>Returns the state after every partition has its marker.</summary>
    internal static TransactionMetadata Complete(TransactionMetadata prepared, long nowMs)
    {
        TransactionMetadata complete = prepared with
        {
            State = prepared.State == TransactionState.PrepareCommit ? TransactionState.CompleteCommit : TransactionState.CompleteAbort,
            Partitions = [],
            TopicIds = TransactionMetadata.NoTopicIds,
            LastUpdateMs = nowMs,
        };
        return prepared.NextProducerId < 0
            ? complete
            : complete with { ProducerId = prepared.NextProducerId, PreviousProducerId = prepared.ProducerId, NextProducerId = -1, Epoch = 0 };
    }

    // Uses the version of this request, not the version of the transaction's start: it
    // decides the epoch of the markers.
    private static TransactionMetadata Prepare(TransactionMetadata current, bool isCommit, TransactionVersion version, Func<long> newId, long nowMs)
    {
        bool bumps = version == TransactionVersion.V2;
        return current with
        {
            State = isCommit ? TransactionState.PrepareCommit : TransactionState.PrepareAbort,
            PreviousProducerId = current.ProducerId,
            NextProducerId = bumps && current.IsExhausted ? newId() : -1,
            Epoch = bumps ? (short)(current.Epoch + 1) : current.Epoch,
            LastEpoch = bumps ? current.Epoch : current.LastEpoch,
            ClientVersion = (short)version,
            LastUpdateMs = nowMs,
        };
    }

    private static TransactionMetadata Identity(long producerId, long previousId, short epoch, short lastEpoch, int timeoutMs, long nowMs) => new()
    {
        ProducerId = producerId,
        PreviousProducerId = previousId < 0 ? producerId : previousId,
        Epoch = epoch,
        LastEpoch = lastEpoch,
        TimeoutMs = timeoutMs,
        LastUpdateMs = nowMs,
    };
}
