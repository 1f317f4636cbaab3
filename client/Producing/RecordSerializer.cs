using Zurau.Engine.Records;
using Zurau.Serialization;
using Zurau.Transport;

namespace Zurau.Producing;

/// <summary>Serializes the records of a producer for its transport. Thread-safe.</summary>
internal sealed class RecordSerializer<TKey, TValue>
{
    private readonly ISerializer<TKey> _keySerializer;
    private readonly ISerializer<TValue> _valueSerializer;
    private readonly TimeProvider _time;
    private readonly bool _isValueWrittenInPlace;

    internal RecordSerializer(ISerializer<TKey>? keySerializer, ISerializer<TValue>? valueSerializer, TimeProvider time)
    {
        _keySerializer = keySerializer ?? Serializers.For<TKey>();
        _valueSerializer = valueSerializer ?? Serializers.For<TValue>();
        _isValueWrittenInPlace = _valueSerializer is IBuiltInSerializer;
        _time = time;
    }

    /// <summary>Serializes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="scratch">Buffers, rented only if something is serialized outside of the batch; the caller returns them.</param>
    /// <exception cref="SerializationException">A serializer of the application threw.</exception>
    /// <exception cref="KafkaException">The record is larger than 2 GiB, or older than 1970.</exception>
    internal OutgoingRecord<TValue> Serialize(ProducerRecord<TKey, TValue> record, ref SerializationScratch? scratch)
    {
        int keySize = -1;
        ReadOnlySpan<byte> key = default;
        if (_keySerializer is ByteArraySerde && record.Key is byte[] bytes)
        {
            key = bytes;
            keySize = bytes.Length;
        }
        else if (record.Key is not null)
        {
            scratch ??= SerializationScratch.Rent();
            SerializeKey(record, scratch);
            key = scratch.Key.WrittenSpan;
            keySize = key.Length;
        }

        bool isInPlace = false;
        int valueSize = -1;
        ReadOnlySpan<byte> value = default;
        if (record.Value is not null)
        {
            isInPlace = _isValueWrittenInPlace;
            if (isInPlace)
            {
                valueSize = _valueSerializer.SizeOf(record.Value);
            }
            else
            {
                scratch ??= SerializationScratch.Rent();
                SerializeValue(record, scratch);
                value = scratch.Value.WrittenSpan;
                valueSize = value.Length;
            }
        }

        int headersSize = RecordBatchBuilder.SizeOfHeaders(record.Headers);
        return new OutgoingRecord<TValue>
        {
            Topic = record.Topic,
            Partition = record.Partition,
            TimestampMs = TimestampOf(record),
            Key = key,
            KeySize = keySize,
            ValueSerializer = isInPlace ? _valueSerializer : null,
            Value = record.Value,
            ValueBytes = value,
            ValueSize = valueSize,
            Headers = record.Headers,
            HeadersSize = headersSize,
            SizeUpperBound = SizeUpperBound(record.Topic, keySize, valueSize, headersSize),
        };
    }

    private static int SizeUpperBound(string topic, int keySize, int valueSize, int headersSize)
    {
        try
        {
            return RecordBatchBuilder.SizeUpperBound(keySize, valueSize, headersSize);
        }
        catch (OverflowException exception)
        {
            throw KafkaException.For(ErrorCode.MessageTooLarge, $"A record for topic '{topic}' takes more than 2 GiB.", exception);
        }
    }

    private long TimestampOf(ProducerRecord<TKey, TValue> record)
    {
        long timestampMs = (record.Timestamp ?? _time.GetUtcNow()).ToUnixTimeMilliseconds();
        return timestampMs >= 0
            ? timestampMs
            : throw KafkaException.For(ErrorCode.InvalidTimestamp, $"The timestamp {record.Timestamp:O} of a record for topic '{record.Topic}' is before 1970.");
    }

    private void SerializeKey(ProducerRecord<TKey, TValue> record, SerializationScratch scratch)
    {
        try
        {
            _keySerializer.Serialize(record.Key, scratch.Key);
        }
        catch (Exception exception)
        {
            throw new SerializationException(
                $"The key of a record for topic '{record.Topic}' could not be serialized: {exception.Message}", isKey: true, exception);
        }
    }

    private void SerializeValue(ProducerRecord<TKey, TValue> record, SerializationScratch scratch)
    {
        try
        {
            _valueSerializer.Serialize(record.Value, scratch.Value);
        }
        catch (Exception exception)
        {
            throw new SerializationException(
                $"The value of a record for topic '{record.Topic}' could not be serialized: {exception.Message}", isKey: false, exception);
        }
    }
}
