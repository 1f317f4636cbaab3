using Zurau.Engine.Records.Compression;

namespace Interop.Tests;

/// <summary>A real Kafka decompresses what our codecs wrote, at every level.</summary>
[Collection(nameof(KafkaBroker))] // One broker at a time: several that start together outlast any patience.
public sealed class CompressionInteropTests
{
    [KafkaFact]
    public async Task Every_codec_and_level_is_read_by_Kafkas_dump_tool_record_by_record()
    {
        using var directory = new TestDirectory();
        await CompressedPartitions.WriteAsync(directory.Path);
        string dump = await KafkaTools.DumpAsync(Dump.Files(directory.Path, "*.log"), "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(dump);
        IReadOnlyDictionary<string, int> counts = Dump.CountRecords(dump);
        foreach (BatchCompression compression in CompressedPartitions.All)
        {
            Assert.Equal(CompressedPartitions.Records, counts[$"{CompressedPartitions.Topic(compression)}-0"]);
        }

        string[] values = [.. Enumerable.Range(0, CompressedPartitions.Records).Select(static number => $" payload: {CompressedPartitions.Value(number)}")];
        string[] lines = [.. dump.Split('\n').Where(static line => line.StartsWith("| offset:", StringComparison.Ordinal))];
        Assert.Equal(lines.Length, lines.Where((line, i) => line.EndsWith(values[i % values.Length], StringComparison.Ordinal)).Count());
        foreach (CompressionType type in Enum.GetValues<CompressionType>())
        {
            Assert.Contains($"compresscodec: {type.ToString().ToLowerInvariant()} ", dump, StringComparison.Ordinal);
        }
    }

    [KafkaFact]
    public async Task Every_codec_is_served_by_a_real_broker_to_a_real_consumer()
    {
        using var ours = new TestDirectory();
        await CompressedPartitions.WriteAsync(ours.Path);
        string[] topics = [.. Enum.GetValues<CompressionType>().Select(static type => CompressedPartitions.Topic(new BatchCompression(type)))];
        await using var kafka = new KafkaBroker();
        await kafka.StartAsync();
        foreach (string topic in topics)
        {
            await kafka.CreateTopicAsync(topic);
        }

        await kafka.StopAsync();
        foreach (string topic in topics)
        {
            KafkaServesOurLogTests.Replace(Path.Combine(kafka.Data, $"{topic}-0"), ours.At($"{topic}-0"));
        }

        await kafka.StartAsync();
        foreach (string topic in topics)
        {
            Assert.Equal(
                Enumerable.Range(0, CompressedPartitions.Records).Select(CompressedPartitions.Line),
                await kafka.ConsumeAsync(topic, CompressedPartitions.Records));
        }
    }
}
