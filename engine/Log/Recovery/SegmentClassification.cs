namespace Zurau.Engine.Log;

/// <summary>The rules of recovery: which offsets may be missing, and what a segment needs. Pure functions.</summary>
internal static class SegmentClassification
{
    /// <summary>Classifies a segment that was scanned.</summary>
    /// <param name="inputs">What is known of the log.</param>
    /// <param name="settings">Its settings: whether it is compacted, and the segment size.</param>
    /// <param name="scan">What the scan found.</param>
    internal static SegmentOutcome Of(RecoveryInputs inputs, LogSettings settings, SegmentScan scan)
    {
        bool hasTail = scan.Tail != SegmentTail.None;
        bool isNextAdjacent = scan.NextBaseOffset == scan.EndOffset;
        if (scan.Tail == SegmentTail.OldFormat)
        {
            return SegmentOutcome.OldFormat;
        }

        // A late appender may have extended a full segment with zeros again, and the power
        // failed before they were truncated.
        bool isExtendedAgain = scan.Tail == SegmentTail.Zeros && isNextAdjacent;
        if (hasTail && !isExtendedAgain && inputs.IsFlushed(scan.EndOffset))
        {
            return SegmentOutcome.CorruptBelowRecoveryPoint;
        }

        if (isNextAdjacent || scan.NextBaseOffset is not { } next)
        {
            return scan.Tail switch
            {
                SegmentTail.None => SegmentOutcome.Complete,
                SegmentTail.Zeros => SegmentOutcome.ZeroTail,
                _ => SegmentOutcome.TornTail,
            };
        }

        // A cleaner leaves no tail, so offsets that are missing after a tail are lost.
        if (!hasTail && IsGapAllowed(inputs, settings, scan.EndOffset, next) && !IsTailLost(inputs, settings, scan.ValidBytes, next))
        {
            return SegmentOutcome.GapAllowedByCleaning;
        }

        return inputs.IsFlushed(next) ? SegmentOutcome.MissingBelowRecoveryPoint : SegmentOutcome.LostTail;
    }

    /// <summary>
    /// Returns whether a batch or a segment may follow an end offset: at that offset, or later
    /// if the cleaner may have removed the records between.
    /// </summary>
    internal static bool MayFollow(RecoveryInputs inputs, LogSettings settings, long endOffset, long baseOffset) =>
        baseOffset == endOffset || IsGapAllowed(inputs, settings, endOffset, baseOffset);

    /// <summary>
    /// Returns whether a batch may follow one of a leader epoch: epochs only grow. The epoch is
    /// outside of the checksum, so a power loss that tore it leaves no other trace. Flushed
    /// batches are trusted.
    /// </summary>
    internal static bool MayHaveEpoch(RecoveryInputs inputs, int latest, int epoch, long baseOffset) =>
        epoch >= latest || inputs.IsFlushed(baseOffset);

    private static bool IsGapAllowed(RecoveryInputs inputs, LogSettings settings, long endOffset, long baseOffset) =>
        baseOffset > endOffset && (settings.IsCompacted || inputs.IsCleanedUpTo(baseOffset));

    /// <summary>
    /// Returns whether the records before a gap were in a tail that a power loss removed: then
    /// the file ends at the end of an allocation, or is empty. Cleaned records are below the
    /// recovery point before the cleaning begins.
    /// </summary>
    private static bool IsTailLost(RecoveryInputs inputs, LogSettings settings, int validBytes, long nextBaseOffset)
    {
        bool endsAsAllocation = validBytes % LogSegment.FirstAllocationStep == 0 || validBytes == settings.SegmentBytes;
        return endsAsAllocation && !inputs.IsFlushedUpTo(nextBaseOffset) && !inputs.IsCleanedUpTo(nextBaseOffset);
    }
}
