using Zurau.Engine.Log;

namespace Engine.Tests.Log;

/// <summary>
/// The decision table of recovery. Every row is a segment whose batches end at offset 100.
/// </summary>
public sealed class SegmentClassificationTests
{
    private const long End = 100;
    private const int SegmentBytes = 2048;
    private const int Middle = 1000; // Not the end of an allocation.
    private const long Clean = -1; // Instead of a recovery point.
    private const long Unknown = -1; // Instead of a cleaned offset.
    private static readonly long[] s_nextOffsets = [90, 99, 100, 101, 110, 111];

    [Theory]
    [InlineData(0, nameof(SegmentTail.None), null, nameof(SegmentOutcome.Complete))]
    [InlineData(Clean, nameof(SegmentTail.None), null, nameof(SegmentOutcome.Complete))]
    [InlineData(0, nameof(SegmentTail.None), 100L, nameof(SegmentOutcome.Complete))]
    [InlineData(Clean, nameof(SegmentTail.None), 100L, nameof(SegmentOutcome.Complete))]
    [InlineData(0, nameof(SegmentTail.None), 110L, nameof(SegmentOutcome.LostTail))]
    [InlineData(110, nameof(SegmentTail.None), 110L, nameof(SegmentOutcome.LostTail))]
    [InlineData(111, nameof(SegmentTail.None), 110L, nameof(SegmentOutcome.MissingBelowRecoveryPoint))]
    [InlineData(Clean, nameof(SegmentTail.None), 110L, nameof(SegmentOutcome.MissingBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.None), 90L, nameof(SegmentOutcome.LostTail))]
    [InlineData(91, nameof(SegmentTail.None), 90L, nameof(SegmentOutcome.MissingBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.Zeros), null, nameof(SegmentOutcome.ZeroTail))]
    [InlineData(100, nameof(SegmentTail.Zeros), null, nameof(SegmentOutcome.ZeroTail))]
    [InlineData(101, nameof(SegmentTail.Zeros), null, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(Clean, nameof(SegmentTail.Zeros), null, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.Zeros), 100L, nameof(SegmentOutcome.ZeroTail))]
    [InlineData(101, nameof(SegmentTail.Zeros), 100L, nameof(SegmentOutcome.ZeroTail))]
    [InlineData(Clean, nameof(SegmentTail.Zeros), 100L, nameof(SegmentOutcome.ZeroTail))]
    [InlineData(0, nameof(SegmentTail.Zeros), 110L, nameof(SegmentOutcome.LostTail))]
    [InlineData(101, nameof(SegmentTail.Zeros), 110L, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.Bytes), null, nameof(SegmentOutcome.TornTail))]
    [InlineData(100, nameof(SegmentTail.Bytes), null, nameof(SegmentOutcome.TornTail))]
    [InlineData(101, nameof(SegmentTail.Bytes), null, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(Clean, nameof(SegmentTail.Bytes), null, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.Bytes), 100L, nameof(SegmentOutcome.TornTail))]
    [InlineData(101, nameof(SegmentTail.Bytes), 100L, nameof(SegmentOutcome.CorruptBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.Bytes), 110L, nameof(SegmentOutcome.LostTail))]
    [InlineData(95, nameof(SegmentTail.Bytes), 90L, nameof(SegmentOutcome.MissingBelowRecoveryPoint))]
    [InlineData(0, nameof(SegmentTail.OldFormat), null, nameof(SegmentOutcome.OldFormat))]
    [InlineData(Clean, nameof(SegmentTail.OldFormat), 100L, nameof(SegmentOutcome.OldFormat))]
    [InlineData(Clean, nameof(SegmentTail.OldFormat), 110L, nameof(SegmentOutcome.OldFormat))]
    public void A_log_that_was_never_cleaned(long recoveryPoint, string tail, long? next, string outcome) =>
        Assert.Equal(outcome, Classify(recoveryPoint, 0, isCompacted: false, Middle, Enum.Parse<SegmentTail>(tail), next).ToString());

    [Theory]
    [InlineData(false, 0, 110, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(false, 0, 109, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.LostTail))]
    [InlineData(false, 0, 110, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(false, 0, Unknown, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(false, 0, Unknown, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(false, Clean, 0, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.MissingBelowRecoveryPoint))]
    [InlineData(true, 0, 0, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(true, Clean, 0, Middle, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(true, 0, 0, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.LostTail))]
    [InlineData(true, 0, 0, LogSegment.FirstAllocationStep, nameof(SegmentTail.None), nameof(SegmentOutcome.LostTail))]
    [InlineData(true, 0, 0, SegmentBytes, nameof(SegmentTail.None), nameof(SegmentOutcome.LostTail))]
    [InlineData(true, 109, 0, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.LostTail))]
    [InlineData(true, 110, 0, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(true, Clean, 0, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(true, 0, 110, 0, nameof(SegmentTail.None), nameof(SegmentOutcome.GapAllowedByCleaning))]
    [InlineData(true, 0, 0, Middle, nameof(SegmentTail.Zeros), nameof(SegmentOutcome.LostTail))]
    [InlineData(true, 0, Unknown, Middle, nameof(SegmentTail.Bytes), nameof(SegmentOutcome.LostTail))]
    public void A_gap_to_offset_110_in_a_log_that_may_have_been_cleaned(bool isCompacted, long recoveryPoint, long cleanedOffset, int validBytes, string tail, string outcome) =>
        Assert.Equal(outcome, Classify(recoveryPoint, cleanedOffset, isCompacted, validBytes, Enum.Parse<SegmentTail>(tail), 110).ToString());

    [Fact]
    public void Every_combination_has_an_outcome_with_the_effects_that_the_rules_state()
    {
        foreach (long recoveryPoint in (long[])[Clean, 0, 90, 91, 99, 100, 101, 110, 111])
        {
            foreach (long cleanedOffset in (long[])[Unknown, 0, 100, 101, 109, 110, 111])
            {
                foreach (int validBytes in (int[])[0, Middle, SegmentBytes, LogSegment.FirstAllocationStep])
                {
                    foreach (long? next in (long?[])[null, .. s_nextOffsets])
                    {
                        foreach (SegmentTail tail in Enum.GetValues<SegmentTail>())
                        {
                            Check(recoveryPoint, cleanedOffset, isCompacted: false, validBytes, tail, next);
                            Check(recoveryPoint, cleanedOffset, isCompacted: true, validBytes, tail, next);
                        }
                    }
                }
            }
        }
    }

    private static void Check(long recoveryPoint, long cleanedOffset, bool isCompacted, int validBytes, SegmentTail tail, long? next)
    {
        SegmentOutcome outcome = Classify(recoveryPoint, cleanedOffset, isCompacted, validBytes, tail, next);
        Effects effects = outcome switch
        {
            SegmentOutcome.Complete or SegmentOutcome.GapAllowedByCleaning => new Effects(null, Truncates: false, Drops: false),
            SegmentOutcome.ZeroTail or SegmentOutcome.TornTail => new Effects(null, Truncates: true, Drops: false),
            SegmentOutcome.LostTail => new Effects(null, Truncates: tail != SegmentTail.None, Drops: true),
            SegmentOutcome.CorruptBelowRecoveryPoint => Effects.Refused("damaged"),
            SegmentOutcome.MissingBelowRecoveryPoint => Effects.Refused("missing"),
            SegmentOutcome.OldFormat => Effects.Refused("old format"),
            _ => throw new InvalidOperationException($"{outcome}"),
        };
        Effects expected = StepByStep(recoveryPoint == Clean ? long.MaxValue : recoveryPoint, cleanedOffset == Unknown ? long.MaxValue : cleanedOffset, isCompacted, validBytes, tail, next);
        Assert.True(expected == effects, $"{(recoveryPoint, cleanedOffset, isCompacted, validBytes, tail, next)}: {outcome} means {effects}, expected {expected}");
        Assert.Equal(outcome == SegmentOutcome.TornTail, effects.Truncates && !effects.Drops && tail == SegmentTail.Bytes);
    }

    private static SegmentOutcome Classify(long recoveryPoint, long cleanedOffset, bool isCompacted, int validBytes, SegmentTail tail, long? next) => SegmentClassification.Of(
        new RecoveryInputs(recoveryPoint == Clean, Math.Max(0, recoveryPoint), 0, cleanedOffset == Unknown ? null : cleanedOffset),
        new LogSettings { IsCompacted = isCompacted, SegmentBytes = SegmentBytes },
        new SegmentScan(validBytes + (tail == SegmentTail.None ? 0 : 10), validBytes, End, tail, next));

    /// <summary>
    /// The rules as recovery applied them step by step, before it had outcomes: the largest
    /// number as a recovery point is a clean shutdown, as a cleaned offset unknown.
    /// </summary>
    private static Effects StepByStep(long recoveryPoint, long cleanedOffset, bool isCompacted, int validBytes, SegmentTail tail, long? next)
    {
        if (tail == SegmentTail.OldFormat)
        {
            return Effects.Refused("old format");
        }

        bool isAdjacent = next == End;
        if (tail != SegmentTail.None)
        {
            if (End < recoveryPoint && !(tail == SegmentTail.Zeros && isAdjacent))
            {
                return Effects.Refused("damaged");
            }

            bool drops = next is not null && !isAdjacent;
            return drops && next < recoveryPoint ? Effects.Refused("missing") : new Effects(null, Truncates: true, drops);
        }

        bool isGap = next > End && (isCompacted || next <= cleanedOffset);
        bool mayBeTruncated = validBytes % LogSegment.FirstAllocationStep == 0 || validBytes == SegmentBytes;
        bool follows = next is null || isAdjacent || (isGap && (!mayBeTruncated || next <= Math.Max(recoveryPoint, cleanedOffset)));
        return follows ? new Effects(null, Truncates: false, Drops: false)
            : next < recoveryPoint ? Effects.Refused("missing")
            : new Effects(null, Truncates: false, Drops: true);
    }

    private readonly record struct Effects(string? Refusal, bool Truncates, bool Drops)
    {
        internal static Effects Refused(string why) => new(why, Truncates: false, Drops: false);
    }
}
