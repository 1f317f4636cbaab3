using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Listening;

/// <summary>
/// Turns the transport's leased batches into polls of at most <c>max.poll.records</c> records. One batch is decoded at a time, so going
/// back to a record costs a batch and not a fetch. Used by the listener's loop only.
/// </summary>
internal sealed class RecordFeed(IConsumerTransport consumer, bool checkCrcs) : IDisposable
{
    private readonly List<RawRecord> _polled = [];

    /// <summary>What is left of the batch that was decoded last; of the lease's partition.</summary>
    private readonly Queue<RawRecord> _decoded = new();

    private FetchedBatches? _lease;

    /// <summary>Byte position of the next batch in the lease.</summary>
    private int _position;

    /// <summary>The lease's partition is read up to here.</summary>
    private long _nextOffset;

    /// <summary>
    /// Waits for up to the timeout for a first record, then takes what is there. The list is valid until the next call; partitions that
    /// are revoked meanwhile are taken out of it.
    /// </summary>
    public async ValueTask<IReadOnlyList<RawRecord>> PollAsync(int maxRecords, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _polled.Clear();
        try
        {
            while (_polled.Count < maxRecords)
            {
                if (_decoded.TryDequeue(out RawRecord? record))
                {
                    _polled.Add(record);
                }
                else if (_lease is not null)
                {
                    DecodeNextBatch();
                }
                else
                {
                    FetchedBatches? fetched = await consumer.PollAsync(_polled.Count == 0 ? timeout : TimeSpan.Zero, cancellationToken);
                    if (fetched is null)
                    {
                        break;
                    }

                    _lease = fetched;
                    _position = 0;
                    _nextOffset = fetched.FetchOffset;
                }
            }
        }
        catch (Exception e) when (_polled.Count > 0 && e is KafkaException or OperationCanceledException)
        {
            // What was taken before is handed out first; the failure comes again with the next poll if it lasts.
        }

        return _polled;
    }

    /// <summary>Makes a record the next one of its partition.</summary>
    public void Seek(TopicPartition partition, long offset)
    {
        Drop(partition);
        consumer.Seek(partition, offset);
    }

    /// <summary>Forgets what was read of a partition that is no longer ours.</summary>
    public void Revoke(TopicPartition partition)
    {
        Drop(partition);
        _polled.RemoveAll(record => record.TopicPartition == partition);
    }

    public void Dispose() => Release();

    private void Drop(TopicPartition partition)
    {
        if (_lease?.TopicPartition == partition)
        {
            Release();
        }
    }

    private void Release()
    {
        _decoded.Clear();
        _lease?.Dispose();
        _lease = null;
    }

    private void DecodeNextBatch()
    {
        FetchedBatches lease = _lease!;
        ReadOnlySpan<byte> bytes = lease.Bytes.Span[_position..];
        if (bytes.IsEmpty)
        {
            Release();
            return;
        }

        try
        {
            Decode(lease, bytes);
        }
        catch (InvalidRecordException e)
        {
            // The transport's position is behind this fetch already: without going back the rest would be skipped.
            Seek(lease.TopicPartition, _nextOffset);
            throw new KafkaException(ErrorCode.CorruptMessage, $"{lease.TopicPartition} cannot be read at offset {_nextOffset}: {e.Message}", e);
        }
    }

    private void Decode(FetchedBatches lease, ReadOnlySpan<byte> bytes)
    {
        if (!RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            throw new InvalidRecordException($"the {bytes.Length} bytes there are no batch of format version 2");
        }

        if (checkCrcs && !batch.IsCrcValid())
        {
            throw new InvalidRecordException($"the checksum of the batch at offset {batch.BaseOffset} is wrong");
        }

        if (!batch.IsControl)
        {
            RecordReader records = batch.Records();
            while (records.Read())
            {
                if (records.Offset >= lease.FetchOffset)
                {
                    _decoded.Enqueue(Copy(lease.TopicPartition, batch, records));
                }
            }
        }

        _position += batch.SizeBytes;
        _nextOffset = batch.LastOffset + 1;
    }

    private static RawRecord Copy(TopicPartition partition, RecordBatchView batch, RecordReader record) =>
        new(
            partition,
            record.Offset,
            record.IsKeyNull ? null : record.Key.ToArray(),
            record.IsValueNull ? null : record.Value.ToArray(),
            record.Headers.ToHeaders())
        {
            TimestampMs = record.Timestamp,
            TimestampType = batch.TimestampType,
            LeaderEpoch = batch.PartitionLeaderEpoch,
        };
}
