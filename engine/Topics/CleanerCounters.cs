using System.Diagnostics.Metrics;
using Zurau.Engine.Log.Cleaning;

namespace Zurau.Engine.Topics;

/// <summary>
/// Counts the cleaner's work, as metrics of the meter <c>Zurau.Engine</c>. Thread-safe.
/// </summary>
internal static class CleanerCounters
{
    private static readonly Meter s_meter = new("Zurau.Engine");
    private static readonly Counter<long> s_bytesRead = s_meter.CreateCounter<long>("zurau.cleaner.bytes_read", "By", "Bytes that cleanings read, in both passes.");
    private static readonly Counter<long> s_bytesWritten = s_meter.CreateCounter<long>("zurau.cleaner.bytes_written", "By", "Bytes of cleaned segments.");
    private static readonly Counter<long> s_recordsRemoved = s_meter.CreateCounter<long>("zurau.cleaner.records_removed", "{record}", "Records that cleanings removed.");
    private static readonly UpDownCounter<long> s_setAside = s_meter.CreateUpDownCounter<long>("zurau.cleaner.set_aside", "{partition}", "Partitions whose cleaning failed and is not retried.");

    internal static void AddDone(LogCleaning cleaning)
    {
        s_bytesRead.Add(cleaning.BytesRead);
        s_bytesWritten.Add(cleaning.BytesWritten);
        s_recordsRemoved.Add(cleaning.RecordsRead - cleaning.RecordsKept);
    }

    internal static void AddSetAside(int partitions) => s_setAside.Add(partitions);
}
