using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Loads transactional ids and their partitions at startup and resolves transactions
/// that a power failure left undecided: a commit is valid if all of its records
/// survived, missing markers are written again, and transactions that no state contains
/// are aborted. A marker that cannot be written now is owed and blocks its id. Must be
/// called once, before any request.
/// </summary>
internal sealed partial class TransactionLoader(
    TopicRegistry topics,
    TransactionLog log,
    TransactionStore store,
    TransactionSteps steps,
    TransactionUpkeep upkeep,
    TransactionCompleter completer,
    TransactionBacklog backlog,
    ILogger logger)
{
    private readonly HashSet<(TopicPartition Partition, long ProducerId)> _owed = [];

    /// <param name="isClean">True if the logs were closed by a clean shutdown, so that all
    /// of them are consistent.</param>
    internal void Load(bool isClean)
    {
        log.Read(store.Replay);
        int coordinatorEpoch = log.Logs.Select(static log => log.LeaderEpoch).DefaultIfEmpty(0).Max();

        // Must precede the first marker, which could occupy offsets of the lost records of
        // a decision.
        var outcomes = new Dictionary<Transaction, TransactionMetadata>();
        foreach (Transaction transaction in store.All.Where(static transaction => transaction.State!.IsPrepared))
        {
            outcomes[transaction] = steps.Outcome(transaction, transaction.State!, transaction.State!.DataEnds);
        }

        foreach (Transaction transaction in store.All)
        {
            TransactionMetadata state = transaction.State!;
            if (state.WrittenEnd is { } end)
            {
                WriteMissing(transaction, end, coordinatorEpoch);
            }

            if (state is { State: TransactionState.Ongoing, Partitions: { } partitions })
            {
                completer.Open(state, partitions);
            }
            else if (state.IsPrepared)
            {
                PutRight(transaction, outcomes[transaction]);
            }
        }

        // A directory without the topic was never coordinated here: open transactions in
        // copied partitions are left unchanged.
        if (!isClean && log.Logs.Any())
        {
            AbortUnknown(coordinatorEpoch);
        }
    }

    // The duty persists and executes the prepared decision.
    private void PutRight(Transaction transaction, TransactionMetadata prepared)
    {
        store.PutRight(transaction, prepared);
        upkeep.FinishSoon(transaction);
    }

    // Must precede other appends. A marker is missing in a partition that still has the
    // transaction open. Offline partitions cannot be checked.
    private void WriteMissing(Transaction transaction, WrittenEnd end, int coordinatorEpoch)
    {
        foreach (TopicPartition partition in end.Partitions)
        {
            if (completer.Find(partition, end.TopicIds) is { } found && topics.Find(partition.Topic) is { } topic)
            {
                AppendProducer? producer = found.Log?.Producers.TryFind(end.ProducerId);
                int epoch = Math.Max(coordinatorEpoch, producer?.CoordinatorEpoch ?? 0);
                var marker = new TransactionMarker(end.ProducerId, end.Epoch, end.IsCommit, epoch, BumpsEpoch: true);
                if (found.Log is null || (producer is not null && TransactionCompleter.IsMissing(marker, producer)))
                {
                    Write(transaction, new OwedMarker(partition, topic.Description.TopicId, marker));
                }
            }
        }
    }

    /// <summary>
    /// Records of a transaction may survive a power failure that lost the record of its
    /// start. It is undecided and would never be ended, so it is aborted to let
    /// read_committed readers continue. If the coordinator has another part of the same
    /// transaction, all of it is aborted and its producer is fenced.
    /// </summary>
    private void AbortUnknown(int coordinatorEpoch)
    {
        var known = new Dictionary<long, Transaction>();
        var fenced = new HashSet<Transaction>();
        foreach (Transaction transaction in store.All)
        {
            known[transaction.State!.ProducerId] = transaction;
        }

        foreach (Topic topic in topics.All())
        {
            foreach (PartitionLog partition in topic.Logs)
            {
                foreach (AppendProducer producer in partition.Producers.All.Where(producer => IsOpen(partition, producer)).ToArray())
                {
                    if (!known.TryGetValue(producer.ProducerId, out Transaction? transaction) || !IsPartOf(transaction.State!, producer, partition.Partition))
                    {
                        Abort(topic, partition, producer, transaction, fenced, coordinatorEpoch);
                    }
                }
            }
        }
    }

    // An owed marker ends the transaction: its outcome is decided.
    private bool IsOpen(PartitionLog partition, AppendProducer producer) =>
        producer.TransactionFirstOffset >= 0 && !_owed.Contains((partition.Partition, producer.ProducerId));

    private void Abort(Topic topic, PartitionLog partition, AppendProducer producer, Transaction? transaction, HashSet<Transaction> fenced, int coordinatorEpoch)
    {
        LogUnknown(producer.ProducerId, partition.Partition, producer.TransactionFirstOffset);
        if (transaction is not null && (fenced.Contains(transaction) || transaction.State!.State == TransactionState.Ongoing))
        {
            // Ended by its own decision, which is on disk before any marker: otherwise its
            // producer could commit the rest after another power failure.
            TransactionMetadata state = transaction.State!;
            TransactionMetadata prepared = fenced.Add(transaction) ? TransactionDecisions.Fence(state, state.LastUpdateMs) : state;
            PutRight(transaction, prepared with
            {
                Partitions = (prepared.Partitions ?? []).Add(partition.Partition),
                TopicIds = prepared.TopicIds.SetItem(topic.Description.Name, topic.Description.TopicId),
            });
            return;
        }

        int epoch = Math.Max(coordinatorEpoch, producer.CoordinatorEpoch);
        var marker = new TransactionMarker(producer.ProducerId, producer.Epoch, false, epoch, BumpsEpoch: false);
        Write(transaction, new OwedMarker(partition.Partition, topic.Description.TopicId, marker));
    }

    // There are no concurrent appends at startup, so appended records are published and
    // the write completes synchronously.
    private void Write(Transaction? transaction, OwedMarker owed)
    {
        ErrorResult written = completer.WriteOwedAsync(owed).AsTask().GetAwaiter().GetResult();
        if (written.IsSuccess)
        {
            return;
        }

        LogOwed(owed.Partition, owed.Marker.ProducerId, written.Message);
        _owed.Add((owed.Partition, owed.Marker.ProducerId));
        if (transaction is not null)
        {
            transaction.Owed = transaction.Owed.Add(owed);
            upkeep.FinishSoon(transaction);
        }
        else
        {
            backlog.Add(owed, $"Producer {owed.Marker.ProducerId} in {owed.Partition}", 0, () => completer.WriteOwedAsync(owed));
        }
    }

    // The open transaction may be the one after the decided transaction, whose own
    // record was lost.
    private static bool IsPartOf(TransactionMetadata state, AppendProducer producer, TopicPartition partition)
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Producer {ProducerId} has a transaction in {Partition} since offset {FirstOffset} that the coordinator does not have after the crash; it is aborted.")]
    private partial void LogUnknown(long producerId, TopicPartition partition, long firstOffset);

    [LoggerMessage(Level = LogLevel.Error, Message = "A transaction marker of producer {ProducerId} in {Partition}, lost in a crash, could not be written again: {Reason} Until a retry succeeds, read_committed readers stop there and the transactional id refuses requests.")]
    private partial void LogOwed(TopicPartition partition, long producerId, string? reason);
}
