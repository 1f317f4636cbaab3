using Zurau.Engine.Records;

namespace Zurau.Consuming;

/// <summary>
/// Turns records as they lie in a batch into what a poll returns: a consumer's objects,
/// or a listener's records.
/// </summary>
internal interface IRecordDecoder<TRecord>
{
    /// <summary>Decodes a record; the result must not reference the batch.</summary>
    /// <exception cref="RecordDeserializationException">The bytes are not a valid key or
    /// value.</exception>
    TRecord Decode(TopicPartition partition, RecordBatchView batch, in RecordReader record);

    /// <summary>Where a decoded record came from.</summary>
    (TopicPartition Partition, long Offset) PlaceOf(TRecord record);
}
