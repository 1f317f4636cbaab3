
namespace Interop.Tests;

/// <summary>Kafka's own dump tool reads what the sample left after a clean stop.</summary>
public sealed class DumpToolTests
{
    [KafkaFact]
    public async Task The_samples_directory_is_read_without_a_complaint_and_holds_the_same_records()
    {
        using var directory = new TestDirectory();
        SampleProcess.Result run = await SampleProcess.RunAsync(directory.Path, []);
        Assert.True(run.ExitCode == 0, run.ToString());
        string data = directory.At("data");
        string[] indexes = [.. Dump.Files(data, "*.index"), .. Dump.Files(data, "*.timeindex")];

        string records = await KafkaTools.DumpAsync(Dump.Files(data, "*.log"), "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(records);
        if (indexes.Length > 0)
        {
            Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--index-sanity-check"));
            Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--verify-index-only"));
        }

        IReadOnlyDictionary<string, int> counts = Dump.CountRecords(records);
        IReadOnlyDictionary<string, int> read = await CountAsync(data);
        Assert.Equal(2995, read.Where(partition => partition.Key.StartsWith("orders-", StringComparison.Ordinal) && !partition.Key.Contains("dlt", StringComparison.Ordinal)).Sum(partition => partition.Value));
        Assert.All(read, partition => Assert.Equal(partition.Value, counts[partition.Key]));
        Assert.True(counts["__consumer_offsets-0"] > 0);
    }

    [KafkaFact]
    public async Task The_offsets_topic_is_decoded_by_Kafkas_own_decoder()
    {
        using var directory = new TestDirectory();
        SampleProcess.Result run = await SampleProcess.RunAsync(directory.Path, ["-"], """{"orderId":"o-1","customer":"c-1","sku":"lamp","quantity":1,"price":1}""");
        Assert.True(run.ExitCode == 0, run.ToString());

        string offsets = await KafkaTools.DumpAsync(Dump.Files(directory.At("data/__consumer_offsets-0"), "*.log"), "--offsets-decoder");

        Dump.AssertNoComplaint(offsets);
        Assert.Matches("\"group\":\"billing\",\"topic\":\"orders\",\"partition\":[0-2]", offsets);
        Assert.Contains("\"offset\":1,", offsets, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyDictionary<string, int>> CountAsync(string path)
    {
        await using var data = DataDirectory.Open(path);
        var counts = new Dictionary<string, int>();
        foreach (string topic in (string[])["orders", "orders-dlt"])
        {
            foreach (DataDirectory.Stored record in await data.ReadAsync(topic))
            {
                string folder = $"{topic}-{record.Partition}";
                counts[folder] = counts.GetValueOrDefault(folder) + 1;
            }
        }

        return counts;
    }
}
