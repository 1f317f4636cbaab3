namespace Zurau;

/// <summary>
/// The key or value of a record could not be deserialized. The consumer's position is
/// not advanced: to continue, seek past it (<c>consumer.Seek(e.TopicPartition, e.Offset
/// + 1)</c>). <see cref="Record"/> contains its bytes.
/// </summary>
public sealed class RecordDeserializationException : SerializationException
{
    internal RecordDeserializationException(ConsumerRecord<byte[]?, byte[]?> record, bool isKey, Exception inner)
        : base(
            $"The {(isKey ? "key" : "value")} of the record at {record.TopicPartition} offset {record.Offset} could " +
            $"not be deserialized: {inner.Message}"
            + $" Seek to offset {record.Offset + 1} to skip it.",
            isKey,
            inner) => Record = record;

    /// <summary>Gets the record's topic and partition.</summary>
    public TopicPartition TopicPartition => Record.TopicPartition;

    /// <summary>Gets the record's offset.</summary>
    public long Offset => Record.Offset;

    /// <summary>Gets the record from the log, with key, value and headers as bytes.</summary>
    public ConsumerRecord<byte[]?, byte[]?> Record { get; }
}
