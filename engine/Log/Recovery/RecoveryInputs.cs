namespace Zurau.Engine.Log;

/// <summary>
/// What is known of a log before its files are read: the shutdown marker and the checkpoints.
/// </summary>
/// <param name="WasCleanShutdown">Whether the whole log was complete and flushed when it was
/// closed; the recovery point is then not used.</param>
/// <param name="RecoveryPoint">Everything below this offset was flushed.</param>
/// <param name="LogStartOffset">The checkpointed log start offset; 0 for none.</param>
/// <param name="CleanedOffset">The offset below which offsets may be missing because the log
/// was cleaned; 0 if it never was, null if it is not known.</param>
internal sealed record RecoveryInputs(bool WasCleanShutdown, long RecoveryPoint = 0, long LogStartOffset = 0, long? CleanedOffset = 0)
{
    /// <summary>Nothing was flushed, and nothing is known.</summary>
    internal static RecoveryInputs None { get; } = new(WasCleanShutdown: false);

    internal static RecoveryInputs CleanShutdown { get; } = new(WasCleanShutdown: true);

    /// <summary>Whether the record of an offset was flushed.</summary>
    internal bool IsFlushed(long offset) => WasCleanShutdown || offset < RecoveryPoint;

    /// <summary>Whether all records below an offset were flushed.</summary>
    internal bool IsFlushedUpTo(long offset) => WasCleanShutdown || offset <= RecoveryPoint;

    /// <summary>
    /// Whether the cleaner may have removed records below an offset. In a compacted log it may
    /// also have removed others since the checkpoint was written.
    /// </summary>
    internal bool IsCleanedUpTo(long offset) => CleanedOffset is not { } cleaned || offset <= cleaned;

    /// <summary>Returns the end of the flushed part of a log that ends at an offset.</summary>
    internal long FlushedEnd(long endOffset) => WasCleanShutdown ? endOffset : Math.Min(RecoveryPoint, endOffset);
}
