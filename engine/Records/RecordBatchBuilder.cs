using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Zurau.Engine.Records.Compression;

namespace Zurau.Engine.Records;

/// <summary>
/// Writes one v2 batch into a buffer as its records arrive: it reserves the header,
/// appends the records and writes the header last. A record is written in four steps:
/// <see cref="BeginRecord"/>, the key's bytes, <see cref="BeginValue"/>, the value's
/// bytes, <see cref="EndRecord"/>. Keys and values are written through
/// <see cref="IBufferWriter{T}"/>, so a serializer needs no buffer of its own. Not
/// thread-safe. The buffer belongs to the caller and must outlive the bytes of
/// <see cref="Build"/>.
/// </summary>
public sealed class RecordBatchBuilder : IBufferWriter<byte>
{
    private readonly byte[] _buffer;
    private BatchBuffer? _compressed; // What Build compressed; empty once the records have changed.
    private int _position = BatchLayout.HeaderSize;
    private int _recordStart;
    private int _version; // Of the records: a built batch of another version is no longer what it was.
    private int _keyless = -1; // The first record without a key.
    private long _minTimestamp = long.MaxValue;
    private int _recordEnd;
    private int _fieldEnd;
    private long _producerId = -1;
    private short _producerEpoch = -1;
    private int _baseSequence = -1;
    private long _timestamp; // Of the record that is being written, as the next one.
    private bool _isKeyless;

    /// <summary>Writes into a buffer of at least the header's size.</summary>
    public RecordBatchBuilder(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, BatchLayout.HeaderSize);
        _buffer = buffer;
    }

    /// <summary>The buffer passed to the constructor.</summary>
    public byte[] Buffer => _buffer;

    /// <summary>Number of complete records.</summary>
    public int Count { get; private set; }

    /// <summary>Uncompressed size in bytes so far, header included.</summary>
    public int SizeBytes => _position;

    /// <summary>How <see cref="Build"/> compresses the records.</summary>
    public BatchCompression Compression
    {
        get;
        set
        {
            field = value;
            _compressed?.Reset();
        }
    }

    /// <summary>Timestamp of the first record.</summary>
    public long BaseTimestamp { get; private set; }

    /// <summary>Largest timestamp so far; -1 before the first record.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>
    /// Computes the size in bytes of a header list in a record, its count included.
    /// </summary>
    public static int SizeOfHeaders(Headers? headers)
    {
        if (headers is null || headers.Count == 0)
        {
            return 1;
        }

        int size = Varint.SizeOfSigned(headers.Count);
        for (int i = 0; i < headers.Count; i++)
        {
            Header header = headers[i];
            size += SizeOfField(Encoding.UTF8.GetByteCount(header.Key)) + SizeOfField(header.Value?.Length ?? -1);
        }

        return size;
    }

    /// <summary>
    /// Computes an upper bound of the bytes that a record adds to any batch; a size of -1
    /// means null.
    /// </summary>
    public static int SizeUpperBound(int keySize, int valueSize, int headersSize) =>
        checked(Varint.MaxSize32 + 1 + Varint.MaxSize64 + Varint.MaxSize32 + SizeOfField(keySize) + SizeOfField(valueSize) + headersSize);

    /// <summary>
    /// Returns whether a record of that upper bound fits into the rest of the buffer.
    /// </summary>
    public bool HasRoomFor(int sizeUpperBound) => sizeUpperBound <= _buffer.Length - _position;

    /// <summary>
    /// Begins a record; the key's bytes must follow (none for a null key, size -1).
    /// </summary>
    /// <param name="timestampMs">Milliseconds since 1970.</param>
    /// <param name="keySize">Bytes of the key; -1 for null.</param>
    /// <param name="valueSize">Bytes of the value; -1 for null.</param>
    /// <param name="headersSize">The result of <see cref="SizeOfHeaders"/>.</param>
    public void BeginRecord(long timestampMs, int keySize, int valueSize, int headersSize)
    {
        long timestampDelta = Count == 0 ? 0 : timestampMs - BaseTimestamp;
        int bodySize = 1 + Varint.SizeOfSigned(timestampDelta) + Varint.SizeOfSigned(Count)
            + SizeOfField(keySize) + SizeOfField(valueSize) + headersSize;
        if (Varint.SizeOfSigned(bodySize) + bodySize > _buffer.Length - _position)
        {
            throw new InvalidOperationException($"A record of {bodySize} bytes does not fit the {_buffer.Length - _position} bytes left in the batch.");
        }

        if (Count == 0)
        {
            BaseTimestamp = timestampMs;
        }

        _version++; // What was built before lacks this record.
        _compressed?.Reset();
        _recordStart = _position;
        _position += Varint.WriteSigned(_buffer.AsSpan(_position), bodySize);
        _recordEnd = _position + bodySize;
        _buffer[_position++] = 0;
        _position += Varint.WriteSigned(_buffer.AsSpan(_position), timestampDelta);
        _position += Varint.WriteSigned(_buffer.AsSpan(_position), Count);
        _timestamp = timestampMs;
        _isKeyless = keySize < 0;
        BeginField(keySize);
    }

    /// <summary>Ends the key; the value's bytes must follow (none for null, size -1).</summary>
    public void BeginValue(int valueSize)
    {
        CheckFieldComplete();
        BeginField(valueSize);
    }

    /// <summary>
    /// Returns the facts of a built batch if the builder has not changed since.
    /// </summary>
    internal BatchFacts? FactsOf(int version) => version == _version ? new BatchFacts(_minTimestamp == long.MaxValue ? BatchFacts.NoTimestamp : _minTimestamp, MaxTimestamp, _keyless) : null;

    /// <summary>Ends the value and writes the headers.</summary>
    public void EndRecord(Headers? headers)
    {
        CheckFieldComplete();
        _position += Varint.WriteSigned(_buffer.AsSpan(_position), headers?.Count ?? 0);
        for (int i = 0; headers is not null && i < headers.Count; i++)
        {
            Header header = headers[i];
            int keySize = Encoding.UTF8.GetByteCount(header.Key);
            _position += Varint.WriteSigned(_buffer.AsSpan(_position), keySize);
            _position += Encoding.UTF8.GetBytes(header.Key, _buffer.AsSpan(_position));
            _position += Varint.WriteSigned(_buffer.AsSpan(_position), header.Value?.Length ?? -1);
            header.Value?.CopyTo(_buffer, _position);
            _position += header.Value?.Length ?? 0;
        }

        if (_position != _recordEnd)
        {
            throw new InvalidOperationException($"The headers are {_position - _recordEnd} bytes larger than announced to BeginRecord; pass it the result of SizeOfHeaders.");
        }

        MaxTimestamp = Math.Max(MaxTimestamp, _timestamp);
        _minTimestamp = _timestamp == BatchFacts.NoTimestamp ? _minTimestamp : Math.Min(_minTimestamp, _timestamp);
        _keyless = _isKeyless && _keyless < 0 ? Count : _keyless;
        Count++;
    }

    /// <summary>
    /// Discards the record that was begun but not ended, for example because a serializer
    /// threw.
    /// </summary>
    public void AbandonRecord() => _position = _recordStart;

    /// <summary>Appends a record whose key and value are already serialized.</summary>
    public void Append(long timestampMs, ReadOnlySpan<byte> key, bool isKeyNull, ReadOnlySpan<byte> value, bool isValueNull, Headers? headers = null)
    {
        int valueSize = isValueNull ? -1 : value.Length;
        BeginRecord(timestampMs, isKeyNull ? -1 : key.Length, valueSize, SizeOfHeaders(headers));
        this.Write(isKeyNull ? default : key);
        BeginValue(valueSize);
        this.Write(isValueNull ? default : value);
        EndRecord(headers);
    }

    /// <summary>
    /// Writes the header and returns the batch: base offset 0, leader epoch -1. If
    /// <see cref="Compression"/> is set, the records are compressed once, into a pooled
    /// buffer. The builder accepts more records afterwards and can be built again.
    /// </summary>
    /// <exception cref="CompressionException">The codec failed. The builder keeps its
    /// records and can be built again.</exception>
    public BuiltBatch Build(BatchAttributes attributes = BatchAttributes.None)
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("A batch needs at least one record.");
        }

        Memory<byte> bytes = Compression.Type == CompressionType.None ? _buffer.AsMemory(0, _position) : Compress();
        Span<byte> batch = bytes.Span;
        BinaryPrimitives.WriteInt64BigEndian(batch, 0);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], batch.Length - BatchLayout.LogOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.PartitionLeaderEpoch..], -1);
        batch[BatchLayout.Magic] = BatchLayout.MagicV2;
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.Attributes..], (short)((int)attributes | (int)Compression.Type));
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.LastOffsetDelta..], Count - 1);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.BaseTimestamp..], BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.ProducerId..], _producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[BatchLayout.ProducerEpoch..], _producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BaseSequence..], _baseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordsCount..], Count);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..]));
        return new BuiltBatch(bytes, this, _version);
    }

    /// <summary>
    /// Sets the producer in the headers of all following builds until <see cref="Reset"/>;
    /// -1 for values that do not exist.
    /// </summary>
    public void SetProducer(long producerId, short producerEpoch, int baseSequence)
    {
        _producerId = producerId;
        _producerEpoch = producerEpoch;
        _baseSequence = baseSequence;
    }

    /// <summary>Clears the builder for the next batch in the same buffer.</summary>
    public void Reset()
    {
        SetProducer(-1, -1, -1);
        _position = BatchLayout.HeaderSize;
        Count = 0;
        MaxTimestamp = -1;
        _minTimestamp = long.MaxValue;
        _keyless = -1;
        _version++;
        _compressed?.Reset();
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (count < 0 || count > _fieldEnd - _position)
        {
            throw new InvalidOperationException($"The serializer wrote {count} bytes; only {_fieldEnd - _position} bytes are left of the announced size.");
        }

        _position += count;
    }

    /// <summary>
    /// Returns the remaining bytes of the key or value that is being written; never more
    /// than its announced size.
    /// </summary>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        CheckHint(sizeHint);
        return _buffer.AsMemory(_position, _fieldEnd - _position);
    }

    /// <inheritdoc cref="GetMemory"/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        CheckHint(sizeHint);
        return _buffer.AsSpan(_position, _fieldEnd - _position);
    }

    private Memory<byte> Compress()
    {
        _compressed ??= new BatchBuffer();
        if (_compressed.IsEmpty)
        {
            _compressed.Fill(_buffer.AsSpan(BatchLayout.HeaderSize, _position - BatchLayout.HeaderSize), Compression);
        }

        return _compressed.Batch;
    }

    private static int SizeOfField(int size) => size < 0 ? 1 : Varint.SizeOfSigned(size) + size;

    private void BeginField(int size)
    {
        _position += Varint.WriteSigned(_buffer.AsSpan(_position), size < 0 ? -1 : size);
        _fieldEnd = _position + Math.Max(size, 0);
    }

    private void CheckFieldComplete()
    {
        if (_position != _fieldEnd)
        {
            throw new InvalidOperationException($"The serializer wrote {_fieldEnd - _position} bytes fewer than it announced.");
        }
    }

    private void CheckHint(int sizeHint)
    {
        if (sizeHint > _fieldEnd - _position)
        {
            throw new InvalidOperationException($"The serializer requests {sizeHint} bytes; only {_fieldEnd - _position} bytes are left of the announced size.");
        }
    }
}
