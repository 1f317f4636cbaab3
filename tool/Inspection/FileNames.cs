using System.Globalization;

namespace Zurau.Inspection;

/// <summary>
/// Defines Kafka's file and folder names independently: the inspection shares only the
/// record format with the engine.
/// </summary>
internal static class FileNames
{
    internal const string Log = ".log";
    internal const string OffsetIndex = ".index";
    internal const string TimeIndex = ".timeindex";
    internal const string TransactionIndex = ".txnindex";
    internal const string Snapshot = ".snapshot";

    internal const string LeaderEpochs = "leader-epoch-checkpoint";
    internal const string PartitionMetadata = "partition.metadata";
    internal const string MetaProperties = "meta.properties";
    internal const string CleanShutdown = ".kafka_cleanshutdown";
    internal const string Topics = "topics.checkpoint";
    internal const string TopicJournal = "topics.journal";
    internal const string RecoveryPoints = "recovery-point-offset-checkpoint";
    internal const string LogStarts = "log-start-offset-checkpoint";
    internal const string HighWatermarks = "replication-offset-checkpoint";
    internal const string CleanerOffsets = "cleaner-offset-checkpoint";

    /// <summary>The suffixes of files that the next startup deletes.</summary>
    internal static readonly string[] Leftovers = [".spare", ".deleted", ".cleaned", ".swap", ".tmp"];

    internal static string Of(long baseOffset, string suffix) => baseOffset.ToString("D20", CultureInfo.InvariantCulture) + suffix;

    internal static bool TryParse(string name, string suffix, out long offset)
    {
        offset = -1;
        return name.Length == 20 + suffix.Length
            && name.EndsWith(suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    /// <summary>Splits at the last dash, because topic names may contain dashes.</summary>
    internal static bool TryParsePartition(string name, out TopicPartition partition)
    {
        partition = default;
        int dash = name.LastIndexOf('-');
        if (dash <= 0 || !int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return false;
        }

        partition = new TopicPartition(name[..dash], number);
        return partition.ToString() == name;
    }
}
