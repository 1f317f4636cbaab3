namespace Zurau.Engine.Coordination;

/// <summary>
/// The end of a transaction's records in a partition. A decision to commit is valid
/// only if all records up to the ends exist.
/// </summary>
/// <param name="Partition">The partition.</param>
/// <param name="TopicId">Its topic's id: a topic that was deleted and created again
/// never had them.</param>
/// <param name="EndOffset">The exclusive end offset of the transaction.</param>
internal readonly record struct DataEnd(TopicPartition Partition, Guid TopicId, long EndOffset);
