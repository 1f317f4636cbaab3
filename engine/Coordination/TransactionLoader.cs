using Microsoft.Extensions.Logging;
using Zurau.Engine.Log;
using Zurau.Engine.Topics;

namespace Zurau.Engine.Coordination;

/// <summary>Brings transactional ids and their partitions back at a start. Call once, before any request.</summary>
internal sealed partial class TransactionLoader(TopicRegistry topics, TransactionLog log, TransactionCoordinator coordinator, TransactionCompleter completer, ILogger logger)
{
    /// <param name="isClean">Whether the logs were closed in good order, so that none misses what another one knows.</param>
    internal void Load(bool isClean)
    {
        log.Read(coordinator.Replay);
        foreach (Transaction transaction in coordinator.All)
        {
            if (transaction.State is { State: TransactionState.Ongoing, Partitions: { } partitions } ongoing)
            {
                coordinator.Open(ongoing, partitions);
            }
            else if (transaction.State is { IsPrepared: true })
            {
                coordinator.CompleteLater(transaction);
            }
        }

        // A directory without the topic was never ours to coordinate: what is open in a copy of partitions stays as it is.
        if (!isClean && log.Logs.Any())
        {
            AbortUnknown();
        }
    }

    /// <summary>
    /// Records of a transaction may have survived a power cut that took the record of its beginning. Nothing was decided about it, and
    /// nobody would ever end it: it is aborted, so that readers of committed records can go on.
    /// </summary>
    private void AbortUnknown()
    {
        var known = coordinator.All
            .Where(static transaction => transaction.State is { State: TransactionState.Ongoing } or { IsPrepared: true })
            .ToDictionary(static transaction => transaction.State!.ProducerId, static transaction => transaction.State!);
        int coordinatorEpoch = log.Logs.Select(static log => log.LeaderEpoch).DefaultIfEmpty(0).Max();
        foreach (PartitionLog partition in topics.All().SelectMany(static topic => topic.Logs))
        {
            foreach (LiveProducer producer in partition.Producers.All.Where(static producer => producer.TransactionFirstOffset >= 0).ToArray())
            {
                if (!known.TryGetValue(producer.ProducerId, out TransactionMetadata? state) || !IsPartOf(state, producer, partition.Partition))
                {
                    LogUnknown(producer.ProducerId, partition.Partition, producer.TransactionFirstOffset);
                    int epoch = Math.Max(coordinatorEpoch, producer.CoordinatorEpoch);
                    _ = completer.WriteMarkerAsync(partition, new TransactionMarker(producer.ProducerId, producer.Epoch, false, epoch, BumpsEpoch: false));
                }
            }
        }
    }

    // What is open may be of the transaction behind the one that is decided, whose own record was lost.
    private static bool IsPartOf(TransactionMetadata state, LiveProducer producer, TopicPartition partition) =>
        state.Partitions?.Contains(partition) == true && (!state.IsPrepared || !state.BumpsEpoch || producer.Epoch < state.Epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Producer {ProducerId} has a transaction in {Partition} since offset {FirstOffset} of which the coordinator knows nothing since the crash; it is aborted.")]
    private partial void LogUnknown(long producerId, TopicPartition partition, long firstOffset);
}
