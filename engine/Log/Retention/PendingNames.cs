namespace Zurau.Engine.Log;

/// <summary>A step of <see cref="SegmentRemover"/> whose files do not have their new names yet, durably. Belongs to the holder of the upkeep lock.</summary>
/// <param name="kind">What becomes of the files.</param>
/// <param name="baseOffset">In their names.</param>
/// <param name="segment">The segment; null if it never was in the log.</param>
internal sealed class PendingNames(PendingNames.Change kind, long baseOffset, LogSegment? segment)
{
    /// <summary>What becomes of the files of a segment.</summary>
    internal enum Change
    {
        /// <summary>Its files are to be called <c>.deleted</c>.</summary>
        Remove,

        /// <summary>Like <see cref="Remove"/>, but a segment with the same base offset follows, to which the snapshot of the producers belongs.</summary>
        RemoveKeepingSnapshot,

        /// <summary>It was cleaned, and <c>.swap</c> is to be dropped from its files' names.</summary>
        Install,

        /// <summary>Whatever a cleaning that was given up wrote there is to be deleted.</summary>
        Discard,
    }

    internal Change Kind => kind;

    internal long BaseOffset => baseOffset;

    internal LogSegment? Segment => segment;

    /// <summary>How many of its files are done: a step that failed goes on where it failed.</summary>
    internal int Done { get; set; }
}
