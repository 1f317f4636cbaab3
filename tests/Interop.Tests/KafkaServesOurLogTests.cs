using Zurau.Inspection;

namespace Interop.Tests;

/// <summary>
/// A real Kafka broker, started on a partition that the engine wrote, serves its
/// records.
/// </summary>
[Collection(nameof(KafkaBroker))] // One broker at a time: several that start together outlast any patience.
public sealed class KafkaServesOurLogTests
{
    [KafkaFact]
    public async Task Every_record_of_a_cleanly_closed_partition_is_served_as_it_was_written()
    {
        using var ours = new TestDirectory();
        await WrittenPartition.WriteAsync(ours.Path);
        await using var kafka = new KafkaBroker();
        await kafka.StartAsync();
        await kafka.CreateTopicAsync("t");
        await kafka.StopAsync();
        Replace(Path.Combine(kafka.Data, "t-0"), ours.At("t-0"));
        long[] lengths = Lengths(kafka);

        await kafka.StartAsync();
        string[] served = await kafka.ConsumeAsync("t", WrittenPartition.Records);

        Assert.Equal(Enumerable.Range(0, WrittenPartition.Records).Select(WrittenPartition.Line), served);
        await kafka.StopAsync();

        // Kafka trusted every byte: after a clean start it neither cut nor rewrote a segment.
        Assert.Equal(lengths, Lengths(kafka));
        Assert.Empty(DirectoryCheck.Run(new DiskFiles(kafka.Data))!.Findings);
    }

    [KafkaFact]
    public async Task Every_record_that_our_cleaner_left_is_served_as_it_was()
    {
        using var ours = new TestDirectory();
        await CleanedPartition.WriteAsync(ours.Path);
        string[] expected = await CleanedPartition.ReadAsync(ours.Path);
        await using var kafka = new KafkaBroker();
        await kafka.StartAsync();
        await kafka.CreateTopicAsync("t", "cleanup.policy=compact");
        await kafka.StopAsync();
        Replace(Path.Combine(kafka.Data, "t-0"), ours.At("t-0"));
        long[] lengths = Lengths(kafka);

        await kafka.StartAsync();
        string[] served = await kafka.ConsumeAsync("t", expected.Length);

        Assert.Equal(expected, served);
        await kafka.StopAsync();
        Assert.Equal(lengths, Lengths(kafka));
    }

    private static long[] Lengths(KafkaBroker kafka) => [.. Dump.Files(Path.Combine(kafka.Data, "t-0"), "*.log").Select(static file => new FileInfo(file).Length)];

    /// <summary>Puts our files in place of Kafka's; the topic's id stays Kafka's.</summary>
    internal static void Replace(string theirs, string ours)
    {
        const string Id = "partition.metadata";
        foreach (string file in Directory.EnumerateFiles(theirs).Where(static file => Path.GetFileName(file) != Id).ToArray())
        {
            File.Delete(file);
        }

        foreach (string file in Directory.EnumerateFiles(ours).Where(static file => Path.GetFileName(file) != Id))
        {
            File.Copy(file, Path.Combine(theirs, Path.GetFileName(file)));
        }
    }
}
