namespace Zurau.Transport;

/// <summary>Turns the records of a <see cref="RecordLease"/> into what a poll returns: a consumer's objects, or a listener's records.</summary>
public interface IRecordDecoder<TRecord>
{
    /// <summary>Decodes a record; the result must not reference the record's memory.</summary>
    /// <exception cref="RecordDeserializationException">The bytes are not a valid key or value.</exception>
    TRecord Decode(TopicPartition partition, in RawRecord record);
}
