
namespace Interop.Tests;

/// <summary>
/// Kafka's own dump tool reads what the engine wrote: rolled segments, headers, null
/// keys and values.
/// </summary>
public sealed class EngineDumpTests(ITestOutputHelper output)
{
    [KafkaFact]
    public async Task Rolled_segments_and_their_indexes_are_read_without_a_complaint()
    {
        using var directory = new TestDirectory();
        await WrittenPartition.WriteAsync(directory.Path);
        string[] logs = Dump.Files(directory.Path, "*.log");
        string[] indexes = [.. Dump.Files(directory.Path, "*.index"), .. Dump.Files(directory.Path, "*.timeindex")];

        string records = await KafkaTools.DumpAsync(logs, "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(records);
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--index-sanity-check"));
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--verify-index-only"));

        output.WriteLine($"{logs.Length} segments");
        Assert.True(logs.Length > 2);
        Assert.Equal(WrittenPartition.Records, Dump.CountRecords(records)["t-0"]);
        Assert.Contains("headerKeys: [kind,nothing] key: key-7 payload: value-7", records, StringComparison.Ordinal);
    }
}
