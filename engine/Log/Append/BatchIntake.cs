using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.ObjectPool;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Log;

/// <summary>
/// A batch before it is appended: checked in Kafka's order, with Kafka's error codes, and
/// rewritten if the topic's <c>compression.type</c> differs or the header's largest timestamp
/// is wrong. Dispose it after the copy to return the pooled buffers.
/// </summary>
internal ref struct BatchIntake
{
    private static readonly ObjectPool<BatchBuffer> s_buffers = new DefaultObjectPoolProvider().Create(new BufferPolicy());

    private BatchBuffer? _rewritten;
    private BatchBuffer? _joined;
    private ReadOnlySequence<byte> _pieces;

    /// <summary>The batch to append.</summary>
    internal RecordBatchView Batch { get; private set; }

    /// <summary>
    /// The records of a batch that has several pieces and is appended unchanged;
    /// <see cref="Batch"/> is then only the header.
    /// </summary>
    [UnscopedRef]
    internal readonly ref readonly ReadOnlySequence<byte> Pieces => ref _pieces;

    /// <summary>
    /// Checks a batch; its bytes must not change until the intake is disposed. Returns why it
    /// is refused, or null.
    /// </summary>
    /// <param name="bytes">The bytes of the request.</param>
    /// <param name="facts">What the batch's builder knows; null for bytes from outside: then
    /// every record is checked.</param>
    /// <param name="settings">The log's settings.</param>
    /// <param name="partition">For messages.</param>
    /// <param name="clock">The time that timestamps are compared with.</param>
    /// <param name="intake">The batch to append; holds no buffers if it is refused.</param>
    internal static AppendRefusal? Take(ReadOnlySpan<byte> bytes, BatchFacts? facts, LogSettings settings, TopicPartition partition, IntakeClock clock, out BatchIntake intake)
    {
        intake = default;
        if (BatchValidator.CheckHeader(bytes, facts is not null, settings, partition, out RecordBatchView batch) is { } refusal)
        {
            return refusal;
        }

        intake.Batch = batch;
        return intake.Check(facts, settings, partition, clock);
    }

    /// <summary>
    /// Checks a batch from outside that has several pieces; they must not change until the
    /// intake is disposed. Returns why it is refused, or null.
    /// </summary>
    /// <param name="bytes">The bytes of the request.</param>
    /// <param name="header">Buffer for a header; the header of the batch is copied into it.</param>
    /// <param name="settings">The log's settings.</param>
    /// <param name="partition">For messages.</param>
    /// <param name="clock">The time that timestamps are compared with.</param>
    /// <param name="intake">The batch to append; holds no buffers if it is refused.</param>
    internal static AppendRefusal? Take(scoped in ReadOnlySequence<byte> bytes, Span<byte> header, LogSettings settings, TopicPartition partition, IntakeClock clock, out BatchIntake intake)
    {
        intake = default;
        header = header[..(int)Math.Min(header.Length, bytes.Length)];
        bytes.Slice(0, header.Length).CopyTo(header);
        ReadOnlySequence<byte> pieces = bytes.Slice(header.Length);
        if (BatchValidator.CheckHeader(header, pieces, settings, partition, out RecordBatchView batch) is { } refusal)
        {
            return refusal;
        }

        intake.Batch = batch;
        intake._pieces = pieces;
        return intake.Check(null, settings, partition, clock);
    }

    internal void Dispose()
    {
        Return(ref _rewritten);
        Return(ref _joined);
    }

    private static void Return(ref BatchBuffer? buffer)
    {
        if (buffer is not null)
        {
            s_buffers.Return(buffer);
            buffer = null;
        }
    }

    private AppendRefusal? Check(BatchFacts? facts, LogSettings settings, TopicPartition partition, IntakeClock clock)
    {
        AppendRefusal? refusal;
        try
        {
            refusal = TakeRecords(facts, settings, partition, clock);
        }
        catch (Exception exception) when (exception is InvalidRecordException or CompressionException)
        {
            // Kafka returns this code for invalid records: CORRUPT_MESSAGE would make the
            // client send the same bytes again until its timeout. Also returned if the batch is
            // valid and the codec of the topic's compression.type has failed.
            refusal = new AppendRefusal(ErrorCode.UnknownServerError, $"The batch for {partition} is refused: {exception.Message}");
        }

        if (refusal is not null)
        {
            Dispose();
        }

        return refusal;
    }

    private AppendRefusal? TakeRecords(BatchFacts? known, LogSettings settings, TopicPartition partition, IntakeClock clock)
    {
        bool isRecompressed = settings.Compression is { } target && target.Type != Batch.CompressionType;
        BatchFacts facts = known.GetValueOrDefault();
        bool isInPieces = !_pieces.IsEmpty;
        if (isInPieces && (isRecompressed || Batch.CompressionType != CompressionType.None))
        {
            Join(); // Codecs read from one piece.
            isInPieces = false;
        }

        if (isInPieces)
        {
            if (SequenceScan.Check(Batch, _pieces, out facts) is { } problem)
            {
                return BatchValidator.Invalid(partition, problem);
            }
        }
        else if (known is null || isRecompressed)
        {
            using DecompressedRecords decompressed = Batch.Decompress();
            ReadOnlySpan<byte> records = decompressed.BytesOf(Batch);
            if (known is null && RecordScan.Check(Batch, records, out facts) is { } problem)
            {
                return BatchValidator.Invalid(partition, problem);
            }

            if (isRecompressed)
            {
                Rewrite(records, settings.Compression!.Value);
            }
        }

        if (BatchValidator.CheckRecords(Batch, facts, settings, partition, clock) is { } refusal)
        {
            return refusal;
        }

        Complete(facts, settings);
        return BatchValidator.CheckSize(Batch, settings, partition);
    }

    // Time indexes and retention use the largest timestamp: a wrong one is corrected, as Kafka
    // does.
    private void Complete(BatchFacts facts, LogSettings settings)
    {
        if (settings.TimestampType == TimestampType.CreateTime && facts.MaxTimestamp != Batch.MaxTimestamp)
        {
            if (!_pieces.IsEmpty)
            {
                Join();
            }

            if (_rewritten is null)
            {
                Rewrite(Batch.RecordsBytes, default);
                SetAttributes(Batch.CompressionType);
            }

            BinaryPrimitives.WriteInt64BigEndian(_rewritten!.Batch.Span[BatchLayout.MaxTimestamp..], facts.MaxTimestamp);
        }

        if (_rewritten is not null)
        {
            Span<byte> bytes = _rewritten.Batch.Span;
            BinaryPrimitives.WriteUInt32BigEndian(bytes[BatchLayout.Crc..], Crc32C.Compute(bytes[BatchLayout.Attributes..]));
            _ = RecordBatchView.TryRead(bytes, out RecordBatchView batch);
            Batch = batch;
        }
    }

    /// <summary>Copies the batch into one piece.</summary>
    private void Join()
    {
        _joined = s_buffers.Get();
        foreach (ReadOnlyMemory<byte> piece in _pieces)
        {
            _joined.Write(piece.Span);
        }

        Batch.Bytes.CopyTo(_joined.Batch.Span);
        _pieces = default;
        _ = RecordBatchView.TryRead(_joined.Batch.Span, out RecordBatchView batch);
        Batch = batch;
    }

    private void Rewrite(ReadOnlySpan<byte> records, BatchCompression compression)
    {
        _rewritten = s_buffers.Get();
        _rewritten.Fill(records, compression);
        Span<byte> bytes = _rewritten.Batch.Span;
        Batch.Bytes[..BatchLayout.HeaderSize].CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes[BatchLayout.BatchLength..], bytes.Length - BatchLayout.LogOverhead);
        SetAttributes(compression.Type);
    }

    private readonly void SetAttributes(CompressionType type) => BinaryPrimitives.WriteInt16BigEndian(
        _rewritten!.Batch.Span[BatchLayout.Attributes..],
        (short)((int)(Batch.Attributes & ~BatchAttributes.CompressionMask) | (int)type));

    private sealed class BufferPolicy : PooledObjectPolicy<BatchBuffer>
    {
        public override BatchBuffer Create() => new();

        public override bool Return(BatchBuffer obj)
        {
            obj.Reset();
            return true;
        }
    }
}
