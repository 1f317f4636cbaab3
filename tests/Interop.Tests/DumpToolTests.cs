using System.Text.RegularExpressions;
using Zurau.Tests;

namespace Interop.Tests;

/// <summary>Kafka's own dump tool reads what the sample left after a clean stop.</summary>
public sealed partial class DumpToolTests
{
    private static readonly string[] s_complaints = ["exception", "mismatch", "corrupt", "sanity check failed", "invalid", "found timestamp", "found position", "out of order"];

    [KafkaFact]
    public async Task Kafkas_dump_tool_reads_the_samples_segments_and_counts_the_same_records()
    {
        using var directory = new TemporaryDirectory();
        SampleProcess.Result run = await SampleProcess.RunAsync(directory.FullName, []);
        Assert.True(run.ExitCode == 0, run.ToString());

        string dump = await KafkaTools.DumpAsync(Files(directory, "*.log"), "--deep-iteration", "--print-data-log");

        AssertNoComplaint(dump);
        int partitions = await AssertCountsAgreeAsync(directory, dump);
        Assert.Equal(6, partitions);
    }

    [KafkaFact]
    public async Task Kafkas_dump_tool_finds_the_samples_indexes_sane()
    {
        using var directory = new TemporaryDirectory();
        SampleProcess.Result run = await SampleProcess.RunAsync(directory.FullName, []);
        Assert.True(run.ExitCode == 0, run.ToString());
        string[] indexes = [.. Files(directory, "*.index"), .. Files(directory, "*.timeindex")];
        Assert.NotEmpty(indexes);

        AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--index-sanity-check"));
        AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--verify-index-only"));
    }

    private static string[] Files(TemporaryDirectory directory, string pattern) =>
        [.. Directory.EnumerateFiles(directory.At("data"), pattern, SearchOption.AllDirectories).Order()];

    private static void AssertNoComplaint(string dump) =>
        Assert.All(
            dump.Split('\n').Where(line => !line.StartsWith('|')),
            line => Assert.DoesNotContain(s_complaints, complaint => line.Replace("isvalid: true", "", StringComparison.Ordinal).Contains(complaint, StringComparison.OrdinalIgnoreCase)));

    private static async Task<int> AssertCountsAgreeAsync(TemporaryDirectory directory, string dump)
    {
        var counts = new Dictionary<string, int>();
        string folder = "";
        foreach (string line in dump.Split('\n'))
        {
            if (Dumping().Match(line) is { Success: true } match)
            {
                folder = Path.GetFileName(Path.GetDirectoryName(match.Groups["file"].Value))!;
            }
            else if (line.StartsWith("| offset:", StringComparison.Ordinal))
            {
                counts[folder] = counts.GetValueOrDefault(folder) + 1;
            }
        }

        await using var data = DataDirectory.Open(directory.At("data"));
        int partitions = 0;
        foreach (string topic in (string[])["orders", "orders-dlt"])
        {
            foreach (IGrouping<int, DataDirectory.Stored> partition in (await data.ReadAsync(topic)).GroupBy(record => record.Partition))
            {
                Assert.Equal(partition.Count(), counts[$"{topic}-{partition.Key}"]);
                partitions++;
            }
        }

        Assert.True(counts.GetValueOrDefault("__consumer_offsets-0") > 0, dump);
        return partitions;
    }

    [GeneratedRegex("^Dumping (?<file>.+)$")]
    private static partial Regex Dumping();
}
