namespace Zurau;

/// <summary>A position to commit: the offset of the <em>next</em> record to read.</summary>
/// <param name="Offset">The next offset to read, from 0.</param>
/// <param name="Metadata">Free text stored with it, at most 4,096 characters.</param>
/// <param name="LeaderEpoch">The leader epoch of the last record read; -1 if
/// unknown.</param>
public readonly record struct OffsetAndMetadata(long Offset, string Metadata = "", int LeaderEpoch = -1)
{
    /// <summary>
    /// Gets the id of the topic that the offset belongs to. A commit for a topic that was
    /// deleted, or deleted and created again, is then refused. Empty means the topic that
    /// has the name at the time of the commit. Always empty in fetched offsets.
    /// </summary>
    public Guid TopicId { get; init; }
}
