using System.Text.RegularExpressions;

namespace Interop.Tests;

/// <summary>
/// Kafka's tools, and a real Kafka broker, agree with the engine about its groups.
/// </summary>
[Collection(nameof(KafkaBroker))] // One broker at a time: several that start together outlast any patience.
public sealed class GroupInteropTests
{
    [KafkaFact]
    public async Task Kafka_s_decoder_reads_the_records_of_groups()
    {
        using var ours = new TestDirectory();
        string[] members = await WrittenGroup.WriteAsync(ours.Path);
        string records = await KafkaTools.DumpAsync(Dump.Files(ours.At("__consumer_offsets-0"), "*.log"), "--offsets-decoder");
        Dump.AssertNoComplaint(records);
        Assert.Contains($"\"group\":\"{WrittenGroup.Group}\"", records, StringComparison.Ordinal);
        Assert.All(members, member => Assert.Contains($"\"memberId\":\"{member}\"", records, StringComparison.Ordinal));
        Assert.Contains("\"groupInstanceId\":\"instance-b\"", records, StringComparison.Ordinal);
        Assert.Contains("\"assignedPartitions\":[{\"topic\":\"t\",\"partitions\":[0]}]", records, StringComparison.Ordinal);
    }

    [KafkaFact]
    public async Task A_real_broker_lists_and_describes_the_same_groups_with_the_same_offsets()
    {
        using var ours = new TestDirectory();
        string[] members = await WrittenGroup.WriteAsync(ours.Path);
        await using var kafka = new KafkaBroker("offsets.topic.num.partitions=1");
        await kafka.StartAsync();
        await kafka.CreateTopicAsync("t");
        await kafka.CreateTopicAsync("__consumer_offsets", "cleanup.policy=compact");
        await kafka.StopAsync();
        KafkaServesOurLogTests.Replace(Path.Combine(kafka.Data, "__consumer_offsets-0"), ours.At("__consumer_offsets-0"));

        await kafka.StartAsync();
        string list = await kafka.GroupsAsync("--list", "--state");
        Assert.Matches($@"{WrittenGroup.Group}\s.*Stable", list);
        Assert.Matches($@"{WrittenGroup.EmptyGroup}\s.*Empty", list);
        string described = await kafka.GroupsAsync("--describe", "--members", "--group", WrittenGroup.Group);
        Assert.Matches($@"{Regex.Escape(members[0])}\s.*client-a", described);
        Assert.Matches($@"{Regex.Escape(members[1])}\s.*client-b", described);
        Assert.Matches(@"range\s+Stable\s.*2", await kafka.GroupsAsync("--describe", "--state", "--group", WrittenGroup.Group));
        Assert.Matches($@"{WrittenGroup.Group}\s+t\s+0\s+{WrittenGroup.Offset}\s", await kafka.GroupAsync(WrittenGroup.Group));
    }
}
