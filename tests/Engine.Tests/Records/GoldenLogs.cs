using Zurau.Engine.Records;

namespace Engine.Tests.Records;

/// <summary>
/// The log files that a real Kafka wrote, and what its own reader decoded from them.
/// </summary>
internal static class GoldenLogs
{
    private static readonly string s_root = Path.Combine(AppContext.BaseDirectory, "golden", "logs");

    internal static IEnumerable<string> Partitions => In("clean");

    /// <summary>Folders of one compacted partition before and after Kafka's cleaner.</summary>
    internal static IEnumerable<string> Compacted => In("compaction");

    /// <summary>Names and bytes of a partition's segments, in offset order.</summary>
    internal static IEnumerable<(string File, byte[] Bytes)> Segments(string partition) =>
        Directory.EnumerateFiles(Path.Combine(s_root, FolderOf(partition), partition), "*.log").Order().Select(static path => (Path.GetFileName(path), File.ReadAllBytes(path)));

    /// <summary>One line of JSON a batch.</summary>
    internal static string[] Decoded(string partition) => File.ReadAllLines(Path.Combine(s_root, "decoded", FolderOf(partition), partition + ".jsonl"));

    /// <summary>The batches of a partition, each in bytes of its own.</summary>
    internal static IEnumerable<byte[]> Batches(string partition) => Segments(partition).SelectMany(static segment => Split(segment.Bytes));

    private static IEnumerable<string> In(string folder) =>
        Directory.EnumerateDirectories(Path.Combine(s_root, folder)).Select(static path => Path.GetFileName(path)).Order();

    // Partitions end in their number, the states of the cleaned ones in a word.
    private static string FolderOf(string partition) => char.IsAsciiDigit(partition[^1]) ? "clean" : "compaction";

    private static List<byte[]> Split(byte[] segment)
    {
        var batches = new List<byte[]>();
        ReadOnlySpan<byte> left = segment;
        while (RecordBatchView.TryRead(left, out RecordBatchView batch))
        {
            batches.Add(batch.Bytes.ToArray());
            left = left[batch.SizeBytes..];
        }

        Assert.True(left.IsEmpty);
        return batches;
    }
}
