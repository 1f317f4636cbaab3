using System.Numerics;

namespace Zurau.Harness.Bench;

/// <summary>
/// Counts latencies in buckets that grow with the value: 64 to each power of two, so that a percentile is at most 1.6 % off, over all
/// values that fit 63 bits, without an allocation for each. One thread records.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];

    internal long Count { get; private set; }

    /// <summary>The largest value, exactly.</summary>
    internal long Max { get; private set; }

    /// <summary>Counts a value; a negative one counts as 0.</summary>
    internal void Record(long value)
    {
        value = Math.Max(value, 0);
        _counts[BucketOf(value)]++;
        Count++;
        Max = Math.Max(Max, value);
    }

    /// <summary>The smallest bucket's upper bound that is not below <paramref name="share"/> (0 to 1) of all values; 0 where there are none.</summary>
    internal long Percentile(double share)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted)
            {
                return Math.Min(UpperBoundOf(bucket), Max);
            }
        }

        return Max;
    }

    // Values below 64 have a bucket each; from there on the leading bit gives the power and the next six bits the place in it.
    private static int BucketOf(long value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        int shift = 63 - BitOperations.LeadingZeroCount((ulong)value) - SubBucketBits;
        return ((shift + 1) << SubBucketBits) + (int)((value >> shift) & (SubBuckets - 1));
    }

    private static long UpperBoundOf(int bucket)
    {
        if (bucket < SubBuckets)
        {
            return bucket;
        }

        int shift = (bucket >> SubBucketBits) - 1;
        return (((long)(SubBuckets + (bucket & (SubBuckets - 1))) + 1) << shift) - 1;
    }
}
