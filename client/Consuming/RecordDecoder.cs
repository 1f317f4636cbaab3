using Zurau.Transport;

namespace Zurau.Consuming;

/// <summary>Turns raw records into objects.</summary>
internal sealed class RecordDecoder<TKey, TValue>(IDeserializer<TKey> keys, IDeserializer<TValue> values)
    : IRecordDecoder<ConsumerRecord<TKey, TValue>>
{
    // Value types that have no null; reference types and Nullable<T> take null as it is.
    private static readonly bool s_isKeyNullable = default(TKey) is null;
    private static readonly bool s_isValueNullable = default(TValue) is null;

    /// <inheritdoc/>
    public ConsumerRecord<TKey, TValue> Decode(TopicPartition partition, in RawRecord record)
    {
        TKey key;
        try
        {
            key = record.IsKeyNull ? NullOf<TKey>(s_isKeyNullable) : keys.Deserialize(record.Key);
        }
        catch (Exception exception)
        {
            throw new RecordDeserializationException(Raw(partition, record), isKey: true, exception);
        }

        TValue value;
        try
        {
            value = record.IsValueNull ? NullOf<TValue>(s_isValueNullable) : values.Deserialize(record.Value);
        }
        catch (Exception exception)
        {
            throw new RecordDeserializationException(Raw(partition, record), isKey: false, exception);
        }

        return Create(partition, record, key, value);
    }

    private static T NullOf<T>(bool isNullable) => isNullable
        ? default!
        : throw new SerializationException($"It is null, and {typeof(T).Name} has no null; use {typeof(T).Name}?.", isKey: false);

    private static ConsumerRecord<byte[]?, byte[]?> Raw(TopicPartition partition, in RawRecord record) => Create(
        partition,
        record,
        record.IsKeyNull ? null : record.Key.ToArray(),
        record.IsValueNull ? null : record.Value.ToArray());

    private static ConsumerRecord<TAnyKey, TAnyValue> Create<TAnyKey, TAnyValue>(
        TopicPartition partition,
        in RawRecord record,
        TAnyKey key,
        TAnyValue value) => new(
            partition.Topic,
            partition.Partition,
            record.Offset,
            key,
            value,
            record.HeaderCount == 0 ? Headers.Empty : record.ReadHeaders(),
            RecordTime.From(record.TimestampMs),
            record.TimestampType)
        {
            LeaderEpoch = record.LeaderEpoch,
            TimestampMs = record.TimestampMs,
        };
}
