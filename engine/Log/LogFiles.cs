using System.Globalization;

namespace Zurau.Engine.Log;

/// <summary>Kafka's names of the files in a partition's folder.</summary>
internal static class LogFiles
{
    internal const string LogSuffix = ".log";

    /// <summary>A segment that is made ready and has no base offset yet. Ours alone; anything that ends so is thrown away at open.</summary>
    internal const string SpareSuffix = ".spare";

    internal const string DeletedSuffix = ".deleted";

    /// <summary>Output of a cleaning that is not complete.</summary>
    internal const string CleanedSuffix = ".cleaned";

    /// <summary>Complete output of a cleaning, which is to replace what it was made from.</summary>
    internal const string SwapSuffix = ".swap";

    internal const string OffsetIndexSuffix = ".index";

    internal const string TimeIndexSuffix = ".timeindex";

    internal const string TransactionIndexSuffix = ".txnindex";

    /// <summary>The files that belong to a segment; a snapshot belongs to the log.</summary>
    internal static readonly string[] SegmentSuffixes = [LogSuffix, OffsetIndexSuffix, TimeIndexSuffix, TransactionIndexSuffix];

    internal static string Segment(long baseOffset) => Of(baseOffset, LogSuffix);

    internal static string Of(long baseOffset, string suffix) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + suffix;

    internal static bool TryParseSegment(string name, out long baseOffset) => TryParse(name, LogSuffix, out baseOffset);

    internal static bool TryParseIndex(string name, out long baseOffset) =>
        TryParse(name, OffsetIndexSuffix, out baseOffset) || TryParse(name, TimeIndexSuffix, out baseOffset) || TryParse(name, TransactionIndexSuffix, out baseOffset);

    internal static bool TryParse(string name, string suffix, out long baseOffset)
    {
        baseOffset = -1;
        return name.EndsWith(suffix, StringComparison.Ordinal)
            && name.Length == 20 + suffix.Length
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);
    }
}
