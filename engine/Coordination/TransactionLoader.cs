using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Brings transactional ids and their partitions back at startup, and finds out what a power cut left undecided: a commit counts if all
/// of its records survived, markers that are missing are written again, and what nobody knows of is aborted. What cannot be written now is
/// owed, and blocks its id until it is. Call once, before any request.
/// </summary>
internal sealed partial class TransactionLoader(
    TopicRegistry topics,
    TransactionLog log,
    TransactionCoordinator coordinator,
    TransactionSteps steps,
    TransactionCompleter completer,
    TransactionBacklog backlog,
    ILogger logger)
{
    private readonly HashSet<(TopicPartition Partition, long ProducerId)> _owed = [];

    /// <param name="isClean">Whether the logs were closed by a clean shutdown, so that none misses what another one knows.</param>
    internal void Load(bool isClean)
    {
        log.Read(coordinator.Replay);
        int coordinatorEpoch = log.Logs.Select(static log => log.LeaderEpoch).DefaultIfEmpty(0).Max();

        // Before a marker is written: it lies where the records of a decision may be missing.
        var outcomes = new Dictionary<Transaction, TransactionMetadata>();
        foreach (Transaction transaction in coordinator.All.Where(static transaction => transaction.State!.IsPrepared))
        {
            outcomes[transaction] = steps.Outcome(transaction, transaction.State!, transaction.State!.DataEnds);
        }

        foreach (Transaction transaction in coordinator.All)
        {
            TransactionMetadata state = transaction.State!;
            if (state.WrittenEnd is { } end)
            {
                WriteMissing(transaction, end, coordinatorEpoch);
            }

            if (state is { State: TransactionState.Ongoing, Partitions: { } partitions })
            {
                coordinator.Open(state, partitions);
            }
            else if (state.IsPrepared)
            {
                PutRight(transaction, outcomes[transaction]);
            }
        }

        // A directory without the topic was never ours to coordinate: what is open in a copy of partitions stays as it is.
        if (!isClean && log.Logs.Any())
        {
            AbortUnknown(coordinatorEpoch);
        }
    }

    // What is prepared is written down, and carried out, by the duty.
    private void PutRight(Transaction transaction, TransactionMetadata prepared)
    {
        coordinator.PutRight(transaction, prepared);
        steps.FinishLater(transaction);
    }

    // Before anything is appended after them: of the markers, those are missing whose partitions still have the transaction open. Of a
    // partition that is offline nobody knows.
    private void WriteMissing(Transaction transaction, WrittenEnd end, int coordinatorEpoch)
    {
        foreach (TopicPartition partition in end.Partitions)
        {
            if (completer.Find(partition, end.TopicIds) is { } found && topics.Find(partition.Topic) is { } topic)
            {
                LiveProducer? producer = found.Log?.Producers.TryFind(end.ProducerId);
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
    /// Records of a transaction may have survived a power cut that took the record of its beginning. Nothing was decided about it, and
    /// nobody would ever end it: it is aborted, so that readers of committed records can go on. If the coordinator knows another part of
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

        foreach (Topic topic in topics.All())
        {
            foreach (PartitionLog partition in topic.Logs)
            {
                foreach (LiveProducer producer in partition.Producers.All.Where(producer => IsOpen(partition, producer)).ToArray())
                {
                    if (!known.TryGetValue(producer.ProducerId, out Transaction? transaction) || !IsPartOf(transaction.State!, producer, partition.Partition))
                    {
                        Abort(topic, partition, producer, transaction, fenced, coordinatorEpoch);
                    }
                }
            }
        }
    }

    // A marker that is owed ends it: its outcome is decided.
    private bool IsOpen(PartitionLog partition, LiveProducer producer) =>
        producer.TransactionFirstOffset >= 0 && !_owed.Contains((partition.Partition, producer.ProducerId));

    private void Abort(Topic topic, PartitionLog partition, LiveProducer producer, Transaction? transaction, HashSet<Transaction> fenced, int coordinatorEpoch)
    {
        LogUnknown(producer.ProducerId, partition.Partition, producer.TransactionFirstOffset);
        if (transaction is not null && (fenced.Contains(transaction) || transaction.State!.State == TransactionState.Ongoing))
        {
            // By its own end, which is on disk before any marker: else its producer could commit what is left of it after one more cut.
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

    // Nobody appends beside a startup, so what is appended is published, and the write completes, at once.
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
            steps.FinishLater(transaction);
        }
        else
        {
            backlog.Add(owed, $"Producer {owed.Marker.ProducerId} in {owed.Partition}", 0, () => completer.WriteOwedAsync(owed));
        }
    }

    // What is open may be of the transaction after the one that is decided, whose own record was lost.
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of a transaction of producer {ProducerId} in {Partition}, which a crash took, could not be written again: {Reason} Readers of committed records wait before it, and its transactional id accepts no request, until that succeeds; it is tried again.")]
    private partial void LogOwed(TopicPartition partition, long producerId, string? reason);
}
