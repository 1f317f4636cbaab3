namespace Zurau.Engine.Log;

/// <summary>
/// A step of <see cref="SegmentRemover"/> whose files are not durably renamed yet. Belongs to
/// the holder of the upkeep lock.
/// </summary>
/// <param name="kind">The change of the files.</param>
/// <param name="baseOffset">The base offset in their names.</param>
/// <param name="segment">The segment; null if it never was in the log.</param>
internal sealed class PendingNames(PendingNames.Change kind, long baseOffset, LogSegment? segment)
{
    /// <summary>A change of the files of a segment.</summary>
    internal enum Change
    {
        /// <summary>Its files will be renamed to <c>.deleted</c>.</summary>
        Remove,

        /// <summary>
        /// Like <see cref="Remove"/>, but a segment with the same base offset follows, to which
        /// the snapshot of the producers belongs.
        /// </summary>
        RemoveKeepingSnapshot,

        /// <summary>
        /// It was cleaned, and <c>.swap</c> will be removed from its files' names.
        /// </summary>
        Install,

        /// <summary>All files of a discarded cleaning will be deleted.</summary>
        Discard,
    }

    internal Change Kind => kind;

    internal long BaseOffset => baseOffset;

    internal LogSegment? Segment => segment;

    /// <summary>
    /// The number of its files that are done: a failed step continues from there.
    /// </summary>
    internal int Done { get; set; }
}
