using Zurau.Engine.Records;
using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>
/// Reads leased batches of one partition record by record, over several polls. Remembers the batch it is in and the next offset;
/// records before that are read over.
/// </summary>
internal sealed class RecordCursor(FetchedBatches batches, bool checkCrcs) : IDisposable
{
    private int _batchStart;
    private bool _isBatchChecked;

    internal TopicPartition TopicPartition => batches.TopicPartition;

    /// <summary>The offset after the last record that was read, or after the last batch where nothing behind it is wanted.</summary>
    internal long Position { get; private set; } = batches.FetchOffset;

    /// <summary>
    /// Turns up to so many records into objects and adds them; the position moves with each. Returns false when there is no more.
    /// </summary>
    /// <exception cref="KafkaException">A batch is corrupt; the position stays before it.</exception>
    /// <exception cref="RecordDeserializationException">A record cannot be deserialized; the position stays before it.</exception>
    internal bool Read<TKey, TValue>(RecordDecoder<TKey, TValue> decoder, List<ConsumerRecord<TKey, TValue>> records, int maxCount)
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
                throw Corrupt("its header makes no sense");
            }

            if (batch.LastOffset >= Position && !ReadBatch(batch, decoder, records, maxCount))
            {
                return true;
            }

            Position = Math.Max(Position, batch.LastOffset + 1);
            _batchStart += batch.SizeBytes;
            _isBatchChecked = false;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => batches.Dispose();

    // False when there may be more records in the batch than were wanted.
    private bool ReadBatch<TKey, TValue>(
        RecordBatchView batch,
        RecordDecoder<TKey, TValue> decoder,
        List<ConsumerRecord<TKey, TValue>> records,
        int maxCount)
    {
        if (checkCrcs && !_isBatchChecked && !batch.IsCrcValid())
        {
            throw Corrupt($"the checksum in its header is {batch.Crc:x8}, its bytes have another one");
        }

        _isBatchChecked = true;
        if (batch.IsControl)
        {
            return true;
        }

        if (batch.CompressionType != 0)
        {
            throw new KafkaException(
                ErrorCode.UnsupportedCompressionType,
                $"The batch at {TopicPartition} offset {batch.BaseOffset} is compressed (codec {batch.CompressionType}); compressed batches cannot be read yet.");
        }

        try
        {
            RecordReader reader = batch.Records();
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

    private KafkaException Corrupt(string what, Exception? inner = null) => new(
        ErrorCode.CorruptMessage,
        $"The batch at {TopicPartition} offset {Position} is corrupt: {what}. Seek behind it to leave it out; check the disk it is on.",
        inner);
}
