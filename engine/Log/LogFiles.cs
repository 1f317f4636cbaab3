using System.Globalization;
using Zurau.Engine.Storage;

namespace Zurau.Engine.Log;

/// <summary>Kafka's names of the files in a partition's folder.</summary>
internal static class LogFiles
{
    internal const string LogSuffix = ".log";

    /// <summary>
    /// A segment that is prepared and has no base offset yet. Not a file of Kafka; such files
    /// are deleted at open.
    /// </summary>
    internal const string SpareSuffix = ".spare";

    internal const string DeletedSuffix = ".deleted";

    /// <summary>Output of a cleaning that is not complete.</summary>
    internal const string CleanedSuffix = ".cleaned";

    /// <summary>
    /// Complete output of a cleaning, which replaces the segments that were cleaned.
    /// </summary>
    internal const string SwapSuffix = ".swap";

    internal const string OffsetIndexSuffix = ".index";

    internal const string TimeIndexSuffix = ".timeindex";

    internal const string TransactionIndexSuffix = ".txnindex";

    /// <summary>The topic that a partition's folder belongs to.</summary>
    internal const string PartitionMetadataFile = "partition.metadata";

    /// <summary>The files that belong to a segment; a snapshot belongs to the log.</summary>
    internal static readonly string[] SegmentSuffixes = [LogSuffix, OffsetIndexSuffix, TimeIndexSuffix, TransactionIndexSuffix];

    private static readonly string[] s_suffixesAtOffsets = [.. SegmentSuffixes, ProducerSnapshot.Suffix];
    private static readonly string[] s_stateSuffixes = [DeletedSuffix, CleanedSuffix, SwapSuffix, CheckpointFile.TemporarySuffix];
    private static readonly string[] s_checkpoints = [LeaderEpochs.FileName, PartitionMetadataFile];

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

    /// <summary>
    /// Parses the name of a segment's file in a state of a cleaning: an offset, a suffix of a
    /// segment's file, then the state.
    /// </summary>
    internal static bool TryParseState(string name, string state, out long baseOffset)
    {
        baseOffset = -1;
        foreach (string suffix in SegmentSuffixes)
        {
            if (TryParse(name, suffix + state, out baseOffset))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a file of a partition's folder is left from an earlier process run and is not
    /// needed. Compares the whole name: other files in the folder are not deleted.
    /// </summary>
    internal static bool IsLeftover(string name) =>
        TryParse(name, SpareSuffix, out _)
        || Array.Exists(s_suffixesAtOffsets, suffix => TryParse(name, suffix + DeletedSuffix, out _) || TryParse(name, suffix + CheckpointFile.TemporarySuffix, out _))
        || Array.Exists(s_checkpoints, file => name == file + CheckpointFile.TemporarySuffix);

    /// <summary>
    /// Whether the name is one that Zurau or Kafka gives to files of a partition's folder.
    /// </summary>
    internal static bool IsOwn(string name) =>
        IsLeftover(name)
        || Array.Exists(s_suffixesAtOffsets, suffix => TryParse(name, suffix, out _) || Array.Exists(s_stateSuffixes, state => TryParse(name, suffix + state, out _)))
        || Array.Exists(s_checkpoints, file => name == file);
}
