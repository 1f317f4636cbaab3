using Zurau.Engine.Records;

namespace Zurau.Consuming;

/// <summary>Turns records as they lie in a batch into objects.</summary>
internal sealed class RecordDecoder<TKey, TValue>(IDeserializer<TKey> keys, IDeserializer<TValue> values)
    : IRecordDecoder<ConsumerRecord<TKey, TValue>>
{
    // Value types that have no null; reference types and Nullable<T> take null as it is.
    private static readonly bool s_isKeyNullable = default(TKey) is null;
    private static readonly bool s_isValueNullable = default(TValue) is null;

    /// <inheritdoc/>
    public ConsumerRecord<TKey, TValue> Decode(TopicPartition partition, RecordBatchView batch, in RecordReader record)
    {
        TKey key;
        try
        {
            key = record.IsKeyNull ? NullOf<TKey>(s_isKeyNullable) : keys.Deserialize(record.Key);
        }
        catch (Exception exception)
        {
            throw new RecordDeserializationException(Raw(partition, batch, record), isKey: true, exception);
        }

        TValue value;
        try
        {
            value = record.IsValueNull ? NullOf<TValue>(s_isValueNullable) : values.Deserialize(record.Value);
        }
        catch (Exception exception)
        {
            throw new RecordDeserializationException(Raw(partition, batch, record), isKey: false, exception);
        }

        return Create(partition, batch, record, key, value);
    }

    /// <inheritdoc/>
    public (TopicPartition Partition, long Offset) PlaceOf(ConsumerRecord<TKey, TValue> record) => (record.TopicPartition, record.Offset);

    private static T NullOf<T>(bool isNullable) => isNullable
        ? default!
        : throw new SerializationException($"It is null, and {typeof(T).Name} has no null; use {typeof(T).Name}?.", isKey: false);

    private static ConsumerRecord<byte[]?, byte[]?> Raw(TopicPartition partition, RecordBatchView batch, in RecordReader record) => Create(
        partition,
        batch,
        record,
        record.IsKeyNull ? null : record.Key.ToArray(),
        record.IsValueNull ? null : record.Value.ToArray());

    private static ConsumerRecord<TAnyKey, TAnyValue> Create<TAnyKey, TAnyValue>(
        TopicPartition partition,
        RecordBatchView batch,
        in RecordReader record,
        TAnyKey key,
        TAnyValue value) => new(
            partition.Topic,
            partition.Partition,
            record.Offset,
            key,
            value,
            record.HeaderCount == 0 ? Headers.Empty : record.Headers.ToHeaders(),
            RecordTime.From(record.Timestamp),
            batch.TimestampType)
        {
            LeaderEpoch = batch.PartitionLeaderEpoch,
            TimestampMs = record.Timestamp,
        };
}
