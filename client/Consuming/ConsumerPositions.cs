namespace Zurau.Consuming;

/// <summary>
/// The positions of a consumer: the offset after the last record that a poll returned, of every partition whose position is known. Not
/// thread-safe.
/// </summary>
internal sealed class ConsumerPositions
{
    private readonly Dictionary<TopicPartition, long> _positions = [];

    // What the poll under way has read up to. It becomes the position when the records are returned: a commit inside the poll, when
    // partitions are revoked, must not include records that were not returned.
    private readonly Dictionary<TopicPartition, long> _reached = [];

    // The end of each partition when its last records were fetched.
    private readonly Dictionary<TopicPartition, long> _ends = [];

    internal bool TryGet(TopicPartition partition, out long position) => _positions.TryGetValue(partition, out position);

    internal void Set(TopicPartition partition, long position) => _positions[partition] = position;

    /// <summary>Sets the position to where the transport continues instead.</summary>
    internal void Reset(TopicPartition partition, long position)
    {
        _reached.Remove(partition);
        _positions[partition] = position;
    }

    /// <summary>Notes where a partition's next records begin, and its end.</summary>
    internal void Begin(TopicPartition partition, long position, long end)
    {
        _positions.TryAdd(partition, position);
        _reached[partition] = position;
        _ends[partition] = end;
    }

    /// <summary>The offsets from the position to the last known end; null if it is not known.</summary>
    internal long? Lag(TopicPartition partition) =>
        _ends.TryGetValue(partition, out long end) && end >= 0 && _positions.TryGetValue(partition, out long position) ? Math.Max(0, end - position) : null;

    /// <summary>Notes what the poll under way has read up to.</summary>
    internal void Reach(TopicPartition partition, long position) => _reached[partition] = position;

    /// <summary>Moves the positions: what was read is returned.</summary>
    internal void Advance()
    {
        foreach ((TopicPartition partition, long position) in _reached)
        {
            _positions[partition] = position;
        }

        _reached.Clear();
    }

    internal void Forget(TopicPartition partition)
    {
        _reached.Remove(partition);
        _positions.Remove(partition);
    }

    /// <summary>Forgets a partition that is not assigned any more.</summary>
    internal void Lose(TopicPartition partition)
    {
        Forget(partition);
        _ends.Remove(partition);
    }

    /// <summary>
    /// Adds the positions of partitions that have nothing to read. They are committed too: a consumer that starts at the end and finds
    /// nothing must not skip what is sent while it is stopped.
    /// </summary>
    internal void AddMissing(Transport.IConsumerTransport transport)
    {
        IReadOnlyCollection<TopicPartition> assignment = transport.Assignment;
        if (_positions.Count == assignment.Count)
        {
            return;
        }

        foreach (TopicPartition partition in assignment)
        {
            if (!_positions.ContainsKey(partition) && transport.TryGetPosition(partition, out long position))
            {
                _positions[partition] = position;
            }
        }
    }

    /// <summary>The positions, as they are committed.</summary>
    internal List<KeyValuePair<TopicPartition, OffsetAndMetadata>> ToCommit() =>
        [.. _positions.Select(position => KeyValuePair.Create(position.Key, new OffsetAndMetadata(position.Value)))];
}
