namespace Zurau;

/// <summary>A position to commit: the offset of the <em>next</em> record to read.</summary>
/// <param name="Offset">The next offset to read, from 0.</param>
/// <param name="Metadata">Free text kept beside it, at most 4,096 characters.</param>
/// <param name="LeaderEpoch">The leader epoch of the last record read; -1 when not known.</param>
public readonly record struct OffsetAndMetadata(long Offset, string Metadata = "", int LeaderEpoch = -1)
{
    /// <summary>
    /// Names the topic that the offset belongs to by its id. A commit for a topic that was deleted, or deleted and created again, is then
    /// refused. Empty: the topic that has the name when the commit is decided. Empty in what a fetch of offsets returns.
    /// </summary>
    public Guid TopicId { get; init; }
}
