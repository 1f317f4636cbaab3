namespace Zurau.Engine;

/// <summary>The result of adding one partition to a transaction.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Error"><see cref="ErrorCode.None"/> if all partitions were added, or
/// why this one was refused; <see cref="ErrorCode.OperationNotAttempted"/> if another
/// partition was refused.</param>
public readonly record struct AddedPartition(TopicPartition Partition, ErrorCode Error);
