namespace Zurau;

/// <summary>
/// A record was read whose key or value could not be turned into an object. The consumer's position stays before it: seek past it
/// (<c>consumer.Seek(e.TopicPartition, e.Offset + 1)</c>) to go on. Its bytes are here, to keep them somewhere.
/// </summary>
public sealed class RecordDeserializationException : SerializationException
{
    internal RecordDeserializationException(ConsumerRecord<byte[]?, byte[]?> record, bool isKey, Exception inner)
        : base(
            $"The {(isKey ? "key" : "value")} of the record at {record.TopicPartition} offset {record.Offset} could " +
            $"not be deserialized: {inner.Message}"
            + $" Seek to offset {record.Offset + 1} to go on behind it.",
            isKey,
            inner) => Record = record;

    /// <summary>Where the record is.</summary>
    public TopicPartition TopicPartition => Record.TopicPartition;

    /// <summary>The record's offset.</summary>
    public long Offset => Record.Offset;

    /// <summary>The record as it is in the log: key, value and headers as bytes.</summary>
    public ConsumerRecord<byte[]?, byte[]?> Record { get; }
}
