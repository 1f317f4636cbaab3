using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Reads leased batches of one partition record by record, over several polls.
/// Remembers the batch it is in and the next offset; records before that are read over.
/// </summary>
internal sealed class RecordCursor(FetchedBatches batches, bool checkCrcs) : IDisposable
{
    // Null where nothing is to be left out.
    private readonly AbortedTransactions? _aborted = batches.AbortedTransactions is { Count: > 0 } ranges ? new(ranges) : null;
    private int _batchStart;

    // Of the batch that starts at _batchStart, once it was found good; null before. Kept
    // from poll to poll: a batch is checked and decompressed once.
    private DecompressedRecords? _decompressed;

    internal TopicPartition TopicPartition => batches.TopicPartition;

    /// <summary>
    /// The offset after the last record that was read, or after the last batch where
    /// nothing behind it is wanted.
    /// </summary>
    internal long Position { get; private set; } = batches.FetchOffset;

    /// <summary>
    /// Turns up to so many records into objects and adds them; the position moves with
    /// each. Returns false when there is no more.
    /// </summary>
    /// <exception cref="KafkaException">A batch is corrupt; the position stays before it.</exception>
    /// <exception cref="RecordDeserializationException">A record cannot be deserialized;
    /// the position stays before it.</exception>
    internal bool Read<TRecord>(IRecordDecoder<TRecord> decoder, List<TRecord> records, int maxCount)
    {
        while (records.Count < maxCount)
        {
            ReadOnlySpan<byte> rest = batches.Bytes.Span[_batchStart..];
            if (rest.IsEmpty)
            {
                return false;
            }

            if (!RecordBatchView.TryRead(rest, out RecordBatchView batch))
            {
                throw Corrupt("its header is invalid");
            }

            if (batch.LastOffset >= Position && !ReadBatch(batch, decoder, records, maxCount))
            {
                return true;
            }

            Position = Math.Max(Position, batch.LastOffset + 1);
            _batchStart += batch.SizeBytes;
            CloseBatch();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseBatch();
        batches.Dispose();
    }

    // False when there may be more records in the batch than were wanted.
    private bool ReadBatch<TRecord>(RecordBatchView batch, IRecordDecoder<TRecord> decoder, List<TRecord> records, int maxCount)
    {
        try
        {
            if (_decompressed is null && !TryOpen(batch))
            {
                return true;
            }

            RecordReader reader = batch.Records(_decompressed!);
            while (reader.Read())
            {
                if (reader.Offset < Position)
                {
                    continue;
                }

                if (records.Count == maxCount)
                {
                    return false;
                }

                records.Add(decoder.Decode(TopicPartition, batch, reader));
                Position = reader.Offset + 1;
            }
        }
        catch (InvalidRecordException exception)
        {
            throw Corrupt(exception.Message, exception);
        }

        return true;
    }

    // False for a batch that holds nothing for a consumer.
    private bool TryOpen(RecordBatchView batch)
    {
        if (checkCrcs && !batch.IsCrcValid())
        {
            throw Corrupt($"its checksum does not match (header: {batch.Crc:x8})");
        }

        bool isAborted = _aborted is not null && _aborted.Contain(batch);
        if (batch.IsControl || isAborted)
        {
            return false;
        }

        _decompressed = batch.Decompress();
        return true;
    }

    private void CloseBatch()
    {
        _decompressed?.Dispose();
        _decompressed = null;
    }

    private KafkaException Corrupt(string what, Exception? inner = null) => new(
        ErrorCode.CorruptMessage,
        $"The batch at {TopicPartition} offset {Position} is corrupt: {what}. Seek past it to skip it, and check its disk.",
        inner);
}
