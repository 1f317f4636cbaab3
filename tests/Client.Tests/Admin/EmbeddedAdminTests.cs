using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Admin;

public class EmbeddedAdminTests
{
    [Fact]
    public async Task Topics_are_created_listed_described_and_deleted()
    {
        await using var fixture = new EmbeddedFixture();
        IKafkaAdmin admin = fixture.Transport.Admin;
        await admin.CreateTopicAsync(new NewTopic("payments", 2) { Configs = new Dictionary<string, string> { ["segment.bytes"] = "2097152" } });
        await fixture.CreateTopicAsync(3);
        Assert.Equal(["orders", "payments"], (await admin.ListTopicsAsync()).Select(topic => topic.Name));
        TopicDescription payments = await admin.DescribeTopicAsync("payments");
        Assert.Equal((2, "2097152"), (payments.Partitions, payments.Configs["segment.bytes"]));
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => admin.CreateTopicAsync(new NewTopic("orders")));
        Assert.Equal(ErrorCode.TopicAlreadyExists, error.Error);
        await admin.DeleteTopicAsync("payments");
        Assert.Equal(["orders"], (await admin.ListTopicsAsync()).Select(topic => topic.Name));
        error = await Assert.ThrowsAsync<KafkaException>(() => admin.DescribeTopicAsync("payments"));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
        Assert.Contains("payments", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<KafkaException>(() => admin.DeleteTopicAsync("payments"));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
    }

    [Fact]
    public async Task Offsets_of_partitions_and_groups_are_told_and_internal_topics_only_when_asked()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(1, "a", "b");
        IKafkaAdmin admin = fixture.Transport.Admin;
        Assert.Equal([new OffsetRange(0, 0), new OffsetRange(0, 2)], await admin.ListOffsetsAsync("orders"));
        Assert.Empty(await admin.ListConsumerGroupOffsetsAsync("billing"));
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        await EmbeddedFixture.ReadAsync(consumer, 2);
        await consumer.CommitAsync().Limit();
        IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets = await admin.ListConsumerGroupOffsetsAsync("billing");
        Assert.Equal((0, 2), (offsets[new("orders", 0)].Offset, offsets[new("orders", 1)].Offset));
        Assert.Equal(["orders"], (await admin.ListTopicsAsync()).Select(topic => topic.Name));
        Assert.Equal(["__consumer_offsets", "orders"], (await admin.ListTopicsAsync(includeInternal: true)).Select(topic => topic.Name));
    }

    [Fact]
    public async Task A_wish_for_more_than_one_copy_is_kept_and_said()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.Transport.Admin.CreateTopicAsync(new NewTopic("orders", 1, 3));
        Assert.Equal(3, (await fixture.Transport.Admin.DescribeTopicAsync("orders")).ReplicationFactor);
        Assert.Contains(fixture.Lines.Lines, line => line.StartsWith("Warning: Topic 'orders' asks for replication.factor=3", StringComparison.Ordinal));
    }
}
