using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Reads the lease that the transport returned last into decoded records, and holds those that no poll has returned yet. Not
/// thread-safe.
/// </summary>
internal sealed class LeaseReader<TRecord>(
    IConsumerTransport transport,
    IRecordDecoder<TRecord> decoder,
    int maxCount,
    ConsumerPositions positions,
    CorruptPartitions corrupt)
{
    // How the records follow each other: so many of one partition.
    private readonly List<(TopicPartition Partition, int Count)> _runs = [];

    // Read and not returned yet: by the poll under way, or by one that failed after them.
    private List<TRecord> _records = [];

    // An empty list for the next poll to fill; null if none was given back.
    private List<TRecord>? _spare;

    // One partition's at a time: the next one is requested when it is used up.
    private RecordLease? _lease;

    internal int Count => _records.Count;

    internal bool IsFull => _records.Count >= maxCount;

    /// <summary>Begins with the next lease, and owns it.</summary>
    internal void Begin(RecordLease lease)
    {
        _lease = lease;
        positions.Begin(lease.TopicPartition, lease.Position, lease.HighWatermark);
    }

    /// <summary>Reads records until there are enough. Returns false if an error follows them, which the next poll meets again.</summary>
    /// <exception cref="KafkaException">The first record is in a corrupt batch.</exception>
    /// <exception cref="SerializationException">The first record cannot be deserialized.</exception>
    internal bool Read()
    {
        if (_lease is null)
        {
            return true;
        }

        RecordLease lease = _lease;
        int before = _records.Count;
        try
        {
            if (!lease.Read(decoder, _records, maxCount))
            {
                Drop();
            }

            corrupt.Remove(lease.TopicPartition);
            return true;
        }
        catch (KafkaException)
        {
            // It may have been damaged on its way only: it is fetched again, and fails again if it is damaged in the log.
            transport.Seek(lease.TopicPartition, lease.Position);
            Drop();
            if (_records.Count == 0)
            {
                corrupt.Add(lease.TopicPartition);
                throw;
            }

            return false;
        }
        catch (SerializationException) when (_records.Count > 0)
        {
            return false;
        }
        finally
        {
            if (_records.Count > before)
            {
                _runs.Add((lease.TopicPartition, _records.Count - before));
            }

            positions.Reach(lease.TopicPartition, lease.Position);
            if (_records.Count == 0)
            {
                // What was skipped is not for the consumer.
                positions.Advance();
            }
        }
    }

    /// <summary>Returns the records, which belong to the caller from then on, and moves the positions after them; null without any.</summary>
    internal List<TRecord>? Take()
    {
        positions.Advance();
        if (_records.Count == 0)
        {
            return null;
        }

        List<TRecord> taken = _records;
        _records = _spare ?? [];
        _spare = null;
        _runs.Clear();
        return taken;
    }

    /// <summary>Takes back a list that <see cref="Take"/> returned and that is not used any more.</summary>
    internal void Recycle(List<TRecord> records)
    {
        records.Clear();
        _spare = records;
    }

    /// <summary>Removes the records of a partition, and its lease.</summary>
    internal void Remove(TopicPartition partition)
    {
        DropOf(partition);
        int start = 0;
        for (int i = 0; i < _runs.Count;)
        {
            if (_runs[i].Partition == partition)
            {
                _records.RemoveRange(start, _runs[i].Count);
                _runs.RemoveAt(i);
            }
            else
            {
                start += _runs[i++].Count;
            }
        }
    }

    /// <summary>Gives up the lease of a partition, whose remaining records are requested again later.</summary>
    internal void GiveBack(TopicPartition partition)
    {
        if (_lease is not null && _lease.TopicPartition == partition)
        {
            transport.Seek(partition, _lease.Position);
            Drop();
        }
    }

    /// <summary>Gives up the lease if it is of this partition.</summary>
    internal void DropOf(TopicPartition partition)
    {
        if (_lease is not null && _lease.TopicPartition == partition)
        {
            Drop();
        }
    }

    internal void Drop()
    {
        _lease?.Dispose();
        _lease = null;
    }
}
