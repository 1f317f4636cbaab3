namespace Zurau.Engine.Coordination;

/// <summary>
/// A group: its members and its committed offsets. Its own lock guards the offsets and
/// is held briefly. The members, and what waits for them, are changed under the write
/// lock of the partition (<see cref="GroupLog.EnterWrites"/>); any thread may read
/// <see cref="Metadata"/>.
/// </summary>
/// <param name="groupId">The id.</param>
/// <param name="partition">The partition of <c>__consumer_offsets</c> with its
/// records.</param>
internal sealed class Group(string groupId, int partition)
{
    private readonly Dictionary<TopicPartition, Entry> _offsets = [];
    private readonly Dictionary<long, Dictionary<TopicPartition, PendingOffset>> _pending = []; // By producer id.
    private volatile GroupMetadata? _metadata;

    /// <summary>The partition of <c>__consumer_offsets</c> with its offsets.</summary>
    internal int Partition { get; } = partition;

    internal string GroupId { get; } = groupId;

    /// <summary>The members; null if the group only stores offsets.</summary>
    internal GroupMetadata? Metadata
    {
        get => _metadata;
        set => _metadata = value;
    }

    /// <summary>True if the log has a record of <see cref="Metadata"/>, which a deletion must remove.</summary>
    internal bool IsRecorded { get; set; }

    /// <summary>
    /// The exclusive end offset of the last record of <see cref="Metadata"/> on which
    /// members rely; -1 for none since startup.
    /// </summary>
    internal long RecordEnd { get; set; } = -1;

    /// <summary>
    /// When its deadlines are checked; null if it has none. Guarded by the lock of
    /// <see cref="GroupTimers"/>.
    /// </summary>
    internal long? CheckMs { get; set; }

    /// <summary>The requests that wait for members; null before the first one.</summary>
    internal ParkedRequests? Parked { get; set; }

    /// <summary>True if the group has neither members nor offsets nor records: it can be forgotten.</summary>
    internal bool IsBlank =>
        !IsRecorded && (_metadata is null || _metadata.IsBlank) && _offsets.Count == 0 && _pending.Count == 0 && (Parked is null || Parked.IsEmpty);

    /// <summary>
    /// Returns whether administrators see the group. A deleted group is hidden while open
    /// transactions have offsets of it.
    /// </summary>
    internal bool Exists => _metadata is not null || _offsets.Values.Any(static entry => entry.Committed is not null) || Pending.Any();

    /// <summary>
    /// The partitions with offsets that would be committed or pending without a deletion.
    /// </summary>
    internal IEnumerable<TopicPartition> Stored => _offsets.Keys.Concat(_pending.Values.SelectMany(static offsets => offsets.Keys)).Distinct();

    internal bool HasPendingOffsets => _pending.Count > 0;

    /// <summary>The committed offsets that no open transaction may change, with their times.</summary>
    internal IEnumerable<(TopicPartition Partition, RecordedTime Time)> Settled => _offsets
        .Where(entry => entry.Value.Committed is not null && !IsUnstable(entry.Key))
        .Select(static entry => (entry.Key, entry.Value.Time));

    internal IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> Offsets =>
        _offsets.Where(static entry => entry.Value.Committed is not null).ToDictionary(static entry => entry.Key, static entry => entry.Value.Committed!.Value);

    /// <summary>
    /// The offsets that open transactions would commit, in the order of their records,
    /// without those superseded by a later record.
    /// </summary>
    internal IEnumerable<(long ProducerId, TopicPartition Partition, OffsetAndMetadata Committed)> Pending => _pending
        .SelectMany(static producer => producer.Value.Select(offset => (ProducerId: producer.Key, Partition: offset.Key, offset.Value)))
        .Where(pending => !_offsets.TryGetValue(pending.Partition, out Entry seen) || seen.RecordOffset <= pending.Value.RecordOffset)
        .OrderBy(static pending => pending.Value.RecordOffset)
        .Select(static pending => (pending.ProducerId, pending.Partition, pending.Value.Committed));

    /// <summary>
    /// Applies a record of the group's log. Concurrent commits may call this in another
    /// order than their records have in the log; the log's order is decisive, so that a
    /// restart restores the same state.
    /// </summary>
    internal void Replay(TopicPartition partition, OffsetAndMetadata? committed, long recordOffset, RecordedTime time)
    {
        if (_offsets.TryGetValue(partition, out Entry seen) && seen.RecordOffset > recordOffset)
        {
            return;
        }

        // Pending offsets have earlier records than this tombstone: it must still hide them
        // when their transaction is committed.
        if (committed is null && !IsUnstable(partition))
        {
            _offsets.Remove(partition);
        }
        else
        {
            _offsets[partition] = new Entry(committed, recordOffset, time);
        }
    }

    /// <summary>
    /// Removes the committed and pending offsets of a deleted topic; returns the partitions
    /// that need a tombstone, in order.
    /// </summary>
    internal TopicPartition[] Forget(string topic, Guid topicId)
    {
        var forgotten = new SortedSet<int>();
        foreach ((TopicPartition partition, Entry entry) in _offsets.Where(entry => entry.Key.Topic == topic).ToArray())
        {
            if (entry.Committed is null || entry.Committed.Value.TopicId == topicId)
            {
                _offsets.Remove(partition);
                forgotten.Add(partition.Partition);
            }
        }

        foreach (Dictionary<TopicPartition, PendingOffset> offsets in _pending.Values)
        {
            foreach ((TopicPartition partition, _) in offsets.Where(offset => offset.Key.Topic == topic && offset.Value.Committed.TopicId == topicId).ToArray())
            {
                offsets.Remove(partition);
                forgotten.Add(partition.Partition);
            }
        }

        // A tombstone has no topic id: it would delete the offset of a new topic with the
        // same name. The old offset has another id.
        return [.. forgotten.Select(number => new TopicPartition(topic, number)).Where(partition => !_offsets.ContainsKey(partition) && !IsUnstable(partition))];
    }

    /// <summary>
    /// Adds an offset that becomes effective when the producer's transaction is committed.
    /// </summary>
    internal void AddPending(long producerId, TopicPartition partition, PendingOffset offset)
    {
        if (!_pending.TryGetValue(producerId, out Dictionary<TopicPartition, PendingOffset>? offsets))
        {
            _pending[producerId] = offsets = [];
        }

        offsets[partition] = offset;
    }

    /// <summary>
    /// Completes a producer's transaction: its offsets become effective at their records'
    /// offsets, or are discarded.
    /// </summary>
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
                Replay(partition, offset.Committed, offset.RecordOffset, offset.Time);
            }

            if (_offsets.TryGetValue(partition, out Entry entry) && entry.Committed is null && !IsUnstable(partition))
            {
                _offsets.Remove(partition);
            }
        }
    }

    /// <summary>Returns whether an open transaction may change the offset.</summary>
    internal bool IsUnstable(TopicPartition partition) => _pending.Values.Any(offsets => offsets.ContainsKey(partition));

    internal bool TryGetOffset(TopicPartition partition, out OffsetAndMetadata committed)
    {
        bool found = _offsets.TryGetValue(partition, out Entry entry) && entry.Committed is not null;
        committed = entry.Committed.GetValueOrDefault();
        return found;
    }

    // Without an offset, the entry is a tombstone that hides earlier pending offsets.
    private readonly record struct Entry(OffsetAndMetadata? Committed, long RecordOffset, RecordedTime Time);
}
