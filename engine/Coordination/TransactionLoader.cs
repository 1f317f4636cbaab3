using Microsoft.Extensions.Logging;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Brings transactional ids and their partitions back at a start, and finds out what a power cut left undecided: a commit counts where all
/// of its records survived, markers that are missing are written again, and what nobody knows of is aborted. Call once, before any request.
/// </summary>
internal sealed partial class TransactionLoader(TopicRegistry topics, TransactionLog log, TransactionCoordinator coordinator, TransactionCompleter completer, ILogger logger)
{
    /// <param name="isClean">Whether the logs were closed in good order, so that none misses what another one knows.</param>
    internal void Load(bool isClean)
    {
        log.Read(coordinator.Replay);
        int coordinatorEpoch = log.Logs.Select(static log => log.LeaderEpoch).DefaultIfEmpty(0).Max();
        foreach (Transaction transaction in coordinator.All)
        {
            TransactionMetadata state = transaction.State!;
            if (state.WrittenEnd is { } end)
            {
                WriteMissing(end, coordinatorEpoch);
            }

            if (state is { State: TransactionState.Ongoing, Partitions: { } partitions })
            {
                coordinator.Open(state, partitions);
            }
            else if (state.IsPrepared)
            {
                coordinator.PutRight(transaction, Outcome(transaction.TransactionalId, state));
            }
        }

        // A directory without the topic was never ours to coordinate: what is open in a copy of partitions stays as it is.
        if (!isClean && log.Logs.Any())
        {
            AbortUnknown(coordinatorEpoch);
        }
    }

    // The decision was written side by side with the records. Nobody has heard of it unless both were on disk.
    private TransactionMetadata Outcome(string transactionalId, TransactionMetadata prepared)
    {
        if (prepared.State != TransactionState.PrepareCommit || prepared.DataEnds.All(end => completer.Holds(end, prepared)))
        {
            return prepared;
        }

        LogHalfLost(transactionalId);
        return prepared with { State = TransactionState.PrepareAbort, DataEnds = [] };
    }

    // Before anything is appended behind them: of the markers, those are missing whose partitions still have the transaction open.
    private void WriteMissing(WrittenEnd end, int coordinatorEpoch)
    {
        foreach (TopicPartition partition in end.Partitions)
        {
            if (topics.Find(partition) is { } log && log.Producers.TryFind(end.ProducerId) is { TransactionFirstOffset: >= 0 } producer && producer.Epoch < end.Epoch)
            {
                int epoch = Math.Max(coordinatorEpoch, producer.CoordinatorEpoch);
                _ = completer.WriteMarkerAsync(log, new TransactionMarker(end.ProducerId, end.Epoch, end.IsCommit, epoch, BumpsEpoch: true), isDurable: false);
            }
        }
    }

    /// <summary>
    /// Records of a transaction may have survived a power cut that took the record of its beginning. Nothing was decided about it, and
    /// nobody would ever end it: it is aborted, so that readers of committed records can go on. Where the coordinator knows another part of
    /// the same transaction, all of it is aborted, and its producer fenced.
    /// </summary>
    private void AbortUnknown(int coordinatorEpoch)
    {
        var known = new Dictionary<long, Transaction>();
        var fenced = new HashSet<Transaction>();
        foreach (Transaction transaction in coordinator.All)
        {
            known[transaction.State!.ProducerId] = transaction;
        }

        foreach (PartitionLog partition in topics.All().SelectMany(static topic => topic.Logs))
        {
            foreach (LiveProducer producer in partition.Producers.All.Where(static producer => producer.TransactionFirstOffset >= 0).ToArray())
            {
                if (known.TryGetValue(producer.ProducerId, out Transaction? transaction) && IsPartOf(transaction.State!, producer, partition.Partition))
                {
                    continue;
                }

                LogUnknown(producer.ProducerId, partition.Partition, producer.TransactionFirstOffset);
                if (transaction is not null && (fenced.Contains(transaction) || transaction.State!.State == TransactionState.Ongoing))
                {
                    // By its own end, which is on disk before any marker: else its producer could commit what is left of it after one more cut.
                    TransactionMetadata state = transaction.State!;
                    TransactionMetadata prepared = fenced.Add(transaction) ? TransactionDecisions.Fence(state, state.LastUpdateMs) : state;
                    coordinator.PutRight(transaction, prepared with { Partitions = (prepared.Partitions ?? []).Add(partition.Partition) });
                    continue;
                }

                int epoch = Math.Max(coordinatorEpoch, producer.CoordinatorEpoch);
                _ = completer.WriteMarkerAsync(partition, new TransactionMarker(producer.ProducerId, producer.Epoch, false, epoch, BumpsEpoch: false), isDurable: false);
            }
        }
    }

    // What is open may be of the transaction behind the one that is decided, whose own record was lost.
    private static bool IsPartOf(TransactionMetadata state, LiveProducer producer, TopicPartition partition)
    {
        bool isIn = state.Partitions?.Contains(partition) == true;
        if (!state.IsPrepared)
        {
            return isIn && state.State == TransactionState.Ongoing && producer.Epoch == state.Epoch;
        }

        DataEnd end = state.DataEnds.FirstOrDefault(end => end.Partition == partition);
        return isIn && (end == default
            ? producer.Epoch < state.Epoch || !state.BumpsEpoch
            : producer.TransactionFirstOffset < end.EndOffset);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Producer {ProducerId} has a transaction in {Partition} since offset {FirstOffset} of which the coordinator knows nothing since the crash; it is aborted.")]
    private partial void LogUnknown(long producerId, TopicPartition partition, long firstOffset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A transaction of '{TransactionalId}' was being committed when the power went, and a part of its records was lost; it is aborted. Nobody was told that it was committed.")]
    private partial void LogHalfLost(string transactionalId);
}
