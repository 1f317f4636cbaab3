using Microsoft.Extensions.Logging;
using Zurau.Consuming;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// A group that starts at the end commits that immediately, as Spring does: else a stop before the first record would let it start at a
/// later end and skip the records between. Used by the listener's loop only.
/// </summary>
internal sealed class StartPositions(
    ConsumerCore<ListenerRecord> core,
    IConsumerTransport consumer,
    OffsetCommitter committer,
    ListenerSettings settings,
    ILogger logger)
{
    /// <summary>Partitions whose start is not committed, or not checked, since they were assigned.</summary>
    private readonly List<PartitionState> _pending = [];

    public bool ArePending => _pending.Count > 0;

    /// <summary>Adds an assigned partition.</summary>
    public void Add(PartitionState state)
    {
        if (settings.Consumer.AutoOffsetReset == AutoOffsetReset.Latest)
        {
            _pending.Add(state);
        }
    }

    /// <summary>Forgets a revoked partition.</summary>
    public void Remove(TopicPartition partition) => _pending.RemoveAll(state => state.Partition == partition);

    /// <summary>Commits the starts that are known, of partitions without a committed offset, before the polled records are handled.</summary>
    public async ValueTask CommitAsync(List<ListenerRecord> polled)
    {
        PartitionState[] known = [.. _pending.Where(state => IsKnown(state, polled))];
        TopicPartition[] partitions = [.. known.Select(state => state.Partition)];
        if (partitions.Length == 0)
        {
            return;
        }

        try
        {
            IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?> committed = await consumer.CommittedAsync(partitions, CancellationToken.None).ConfigureAwait(false);
            PartitionState[] first = [.. known.Where(state => committed.GetValueOrDefault(state.Partition) is null)];
            if (first.Length > 0)
            {
                await committer.CommitStartAsync(
                    [.. first.Select(state => KeyValuePair.Create(state.Partition, new OffsetAndMetadata(state.StartPosition!.Value)))]).ConfigureAwait(false);
            }

            _pending.RemoveAll(known.Contains);
        }
        catch (KafkaException e)
        {
            // Tried again after the next poll; the polled records are handled.
            ListenerLog.CommitRetried(logger, e, settings.Id);
        }
    }

    // When it is first known nothing of the partition was handled: its first record, or without one its position, is the start.
    private bool IsKnown(PartitionState state, List<ListenerRecord> polled)
    {
        if (state.StartPosition is null)
        {
            int first = polled.FindIndex(record => record.TopicPartition == state.Partition);
            state.StartPosition = first >= 0 ? polled[first].Offset
                : core.TryGetPosition(state.Partition, out long position) ? position
                : null;
        }

        return state.StartPosition is not null;
    }
}
