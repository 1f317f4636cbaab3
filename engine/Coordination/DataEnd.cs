namespace Zurau.Engine.Coordination;

/// <summary>How far a partition holds records of a transaction. A decision to commit counts only where all of them are there.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="TopicId">Its topic's id: one that was deleted and made again never held them.</param>
/// <param name="EndOffset">The offset behind the last record of the transaction.</param>
internal readonly record struct DataEnd(TopicPartition Partition, Guid TopicId, long EndOffset);
