using System.Globalization;

namespace Zurau.Engine.Log;

/// <summary>Kafka's names of the files in a partition's folder.</summary>
internal static class LogFiles
{
    internal const string LogSuffix = ".log";

    /// <summary>A segment that is made ready and has no base offset yet. Ours alone; anything that ends so is thrown away at open.</summary>
    internal const string SpareSuffix = ".spare";

    internal const string DeletedSuffix = ".deleted";

    internal static string Segment(long baseOffset) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + LogSuffix;

    internal static bool TryParseSegment(string name, out long baseOffset)
    {
        baseOffset = -1;
        return name.EndsWith(LogSuffix, StringComparison.Ordinal)
            && name.Length == 20 + LogSuffix.Length
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);
    }
}
