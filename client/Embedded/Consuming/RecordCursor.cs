using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Transport;

namespace Zurau.Embedded.Consuming;

/// <summary>
/// Reads leased v2 batches of one partition record by record, over several polls. Remembers the batch it is in and the next offset;
/// records before that are skipped.
/// </summary>
/// <param name="bytes">Whole batches; valid until the owner is disposed.</param>
/// <param name="fetchOffset">The offset that was requested.</param>
/// <param name="owner">Owns the bytes; disposed with the cursor.</param>
internal sealed class RecordCursor(ReadOnlyMemory<byte> bytes, long fetchOffset, IDisposable owner) : RecordLease
{
    // Empty once the lease has ended: the memory may be unmapped.
    private ReadOnlyMemory<byte> _bytes = bytes;

    // Null if no batch has to be left out.
    private readonly AbortedTransactions? _aborted;
    private int _batchStart;

    // Of the batch that starts at _batchStart, once it was found good; null before. Kept
    // from poll to poll: a batch is checked and decompressed once.
    private DecompressedRecords? _decompressed;
    private long _position = fetchOffset;

    /// <inheritdoc/>
    public override long Position => _position;

    internal required bool ChecksCrcs { get; init; }

    /// <summary>The topic that the batches were read from.</summary>
    internal Guid TopicId { get; init; }

    /// <summary>The aborted transactions that overlap the batches, for <c>read_committed</c>; null for readers that see everything.</summary>
    internal IReadOnlyList<AbortedTransactionRange>? AbortedTransactions
    {
        init => _aborted = value is { Count: > 0 } ranges ? new AbortedTransactions(ranges) : null;
    }

    internal long FetchOffset { get; } = fetchOffset;

    internal ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The offset after the last whole batch.</summary>
    internal long NextOffset
    {
        get
        {
            long next = FetchOffset;
            ReadOnlySpan<byte> rest = _bytes.Span;
            while (RecordBatchView.TryRead(rest, out RecordBatchView batch))
            {
                next = batch.LastOffset + 1;
                rest = rest[batch.SizeBytes..];
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public override bool Read<TRecord>(IRecordDecoder<TRecord> decoder, List<TRecord> into, int maxCount)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(into);
        while (into.Count < maxCount)
        {
            ReadOnlySpan<byte> rest = _bytes.Span[_batchStart..];
            if (rest.IsEmpty)
            {
                return false;
            }

            if (!RecordBatchView.TryRead(rest, out RecordBatchView batch))
            {
                throw Corrupt("its header is invalid");
            }

            if (batch.LastOffset >= _position && !ReadBatch(batch, decoder, into, maxCount))
            {
                return true;
            }

            _position = Math.Max(_position, batch.LastOffset + 1);
            _batchStart += batch.SizeBytes;
            CloseBatch();
        }

        return true;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        CloseBatch();
        _bytes = default;
        _batchStart = 0;
        owner.Dispose();
    }

    // False when there may be more records in the batch than were wanted.
    private bool ReadBatch<TRecord>(RecordBatchView batch, IRecordDecoder<TRecord> decoder, List<TRecord> into, int maxCount)
    {
        try
        {
            if (_decompressed is null && !TryOpen(batch))
            {
                return true;
            }

            TopicPartition partition = TopicPartition;
            TimestampType timestampType = batch.TimestampType;
            int leaderEpoch = batch.PartitionLeaderEpoch;
            RecordReader reader = batch.Records(_decompressed!);
            while (reader.Read())
            {
                if (reader.Offset < _position)
                {
                    continue;
                }

                if (into.Count == maxCount)
                {
                    return false;
                }

                into.Add(decoder.Decode(partition, new RawRecord(reader, timestampType, leaderEpoch)));
                _position = reader.Offset + 1;
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
        if (ChecksCrcs && !batch.IsCrcValid())
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
        $"The batch at {TopicPartition} offset {_position} is corrupt: {what}. Seek past it to skip it, and check its disk.",
        inner);
}
