namespace Zurau.Engine;

/// <summary>The answer for one partition that was to be added to a transaction.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Error">
/// <see cref="ErrorCode.None"/> if it is added, or why none is; <see cref="ErrorCode.OperationNotAttempted"/> because of another partition.
/// </param>
public readonly record struct AddedPartition(TopicPartition Partition, ErrorCode Error);
