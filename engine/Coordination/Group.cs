namespace Zurau.Engine.Coordination;

/// <summary>A consumer group: its member and what it committed. Guarded by itself as a lock, held for moments only.</summary>
internal sealed class Group
{
    private readonly Dictionary<TopicPartition, Entry> _offsets = [];
    private readonly Dictionary<long, Dictionary<TopicPartition, PendingOffset>> _pending = []; // By producer id.

    /// <summary>The one member there may be for now; null when the group is empty.</summary>
    internal string? MemberId { get; set; }

    /// <summary>Goes up with each join; commits of an older generation are refused.</summary>
    internal int GenerationId { get; set; }

    internal IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Offsets =>
        _offsets.Where(static entry => entry.Value.Committed is not null).ToDictionary(static entry => entry.Key, static entry => entry.Value.Committed!.Value);

    /// <summary>What open transactions would commit, in the order of its records, without what would not count any more.</summary>
    internal IEnumerable<(long ProducerId, TopicPartition Partition, OffsetAndMetadata Committed)> Pending => _pending
        .SelectMany(static producer => producer.Value.Select(offset => (ProducerId: producer.Key, Partition: offset.Key, offset.Value)))
        .Where(pending => !_offsets.TryGetValue(pending.Partition, out Entry seen) || seen.RecordOffset <= pending.Value.RecordOffset)
        .OrderBy(static pending => pending.Value.RecordOffset)
        .Select(static pending => (pending.ProducerId, pending.Partition, pending.Value.Committed));

    /// <summary>
    /// Takes a record of the group's log into the state. Concurrent commits may come here in another order than they have in the log;
    /// the log's order counts, so that a restart gives the same answer.
    /// </summary>
    internal void Replay(TopicPartition partition, OffsetAndMetadata? committed, long recordOffset)
    {
        if (_offsets.TryGetValue(partition, out Entry seen) && seen.RecordOffset > recordOffset)
        {
            return;
        }

        // What is pending has its record before this one: it must not come back when its transaction is committed.
        if (committed is null && !IsUnstable(partition))
        {
            _offsets.Remove(partition);
        }
        else
        {
            _offsets[partition] = new Entry(committed, recordOffset);
        }
    }

    /// <summary>The partitions of a topic that the group has an offset of, committed or pending.</summary>
    internal TopicPartition[] PartitionsOf(string topic) =>
        [.. _offsets.Keys.Concat(_pending.Values.SelectMany(static offsets => offsets.Keys)).Where(partition => partition.Topic == topic).Distinct()];

    /// <summary>Takes an offset that counts once the producer's transaction is committed.</summary>
    internal void AddPending(long producerId, TopicPartition partition, PendingOffset offset)
    {
        if (!_pending.TryGetValue(producerId, out Dictionary<TopicPartition, PendingOffset>? offsets))
        {
            _pending[producerId] = offsets = [];
        }

        offsets[partition] = offset;
    }

    /// <summary>Takes the offsets of one batch, likewise.</summary>
    internal void AddPending(long producerId, List<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, long recordOffset)
    {
        foreach ((TopicPartition partition, OffsetAndMetadata committed) in offsets)
        {
            AddPending(producerId, partition, new PendingOffset(committed, recordOffset++));
        }
    }

    /// <summary>Ends a producer's transaction: its offsets count from where their records are, or are gone.</summary>
    internal void CompletePending(long producerId, bool isCommit)
    {
        if (!_pending.Remove(producerId, out Dictionary<TopicPartition, PendingOffset>? offsets))
        {
            return;
        }

        foreach ((TopicPartition partition, PendingOffset offset) in offsets)
        {
            if (isCommit)
            {
                Replay(partition, offset.Committed, offset.RecordOffset);
            }

            if (_offsets.TryGetValue(partition, out Entry entry) && entry.Committed is null && !IsUnstable(partition))
            {
                _offsets.Remove(partition);
            }
        }
    }

    /// <summary>Whether a producer's open transaction has offsets of the group.</summary>
    internal bool HasPending(long producerId) => _pending.ContainsKey(producerId);

    /// <summary>Whether an open transaction may change the offset.</summary>
    internal bool IsUnstable(TopicPartition partition) => _pending.Values.Any(offsets => offsets.ContainsKey(partition));

    internal bool TryGetOffset(TopicPartition partition, out OffsetAndMetadata committed)
    {
        bool found = _offsets.TryGetValue(partition, out Entry entry) && entry.Committed is not null;
        committed = entry.Committed.GetValueOrDefault();
        return found;
    }

    // Without an offset it is a tombstone that something pending must not pass.
    private readonly record struct Entry(OffsetAndMetadata? Committed, long RecordOffset);
}
