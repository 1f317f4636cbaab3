using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Storage;

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
        error = await Assert.ThrowsAnyAsync<KafkaException>(() => admin.DescribeTopicAsync("payments"));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
        Assert.Contains("payments", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAnyAsync<KafkaException>(() => admin.DeleteTopicAsync("payments"));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
    }

    [Fact]
    public async Task Offsets_of_partitions_and_groups_are_returned_and_internal_topics_only_on_request()
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
    public async Task Settings_of_a_topic_change_at_run_time_count_at_once_and_stay_after_a_restart()
    {
        using var storage = new MemoryStorage();
        await using (EmbeddedTransport transport = EmbeddedTransport.Open(storage, new ZurauOptions()))
        {
            IKafkaAdmin admin = transport.Admin;
            await admin.CreateTopicAsync(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["retention.ms"] = "1000" } });
            await admin.AlterTopicConfigsAsync("orders", [new("cleanup.policy", "compact", ConfigOperation.Append), new("max.message.bytes", "5000"), new("retention.ms", null, ConfigOperation.Delete)]);
            Assert.Equal(("delete,compact", ConfigSource.DynamicTopic), await SettingAsync(admin, "cleanup.policy"));
            Assert.Equal(("5000", ConfigSource.DynamicTopic), await SettingAsync(admin, "max.message.bytes"));
            Assert.Equal(("604800000", ConfigSource.Default), await SettingAsync(admin, "retention.ms"));
            await admin.AlterTopicConfigsAsync("orders", [new("cleanup.policy", "delete", ConfigOperation.Subtract)]);
        }

        await using EmbeddedTransport reopened = EmbeddedTransport.Open(storage, new ZurauOptions { Embedded = { LogRetentionMs = 5 } });
        Assert.Equal(("compact", ConfigSource.DynamicTopic), await SettingAsync(reopened.Admin, "cleanup.policy"));
        Assert.Equal(("5", ConfigSource.StaticBroker), await SettingAsync(reopened.Admin, "retention.ms"));
        Assert.Equal(new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["max.message.bytes"] = "5000" }, (await reopened.Admin.DescribeTopicAsync("orders")).Configs.ToDictionary());
    }

    [Theory]
    [InlineData("retention.ms", "long", "Invalid value long for configuration retention.ms: Not a number of type LONG")]
    [InlineData("segment.ms", "0", "Invalid value 0 for configuration segment.ms: Value must be at least 1")]
    [InlineData("min.cleanable.dirty.ratio", "1.5", "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1")]
    [InlineData("cleanup.policy", "compakt", "Invalid value compakt for configuration cleanup.policy: String must be one of: compact, delete")]
    [InlineData("preallocate", "yes", "Invalid value yes for configuration preallocate: Expected value to be either true or false")]
    [InlineData("retention", "1", "Unknown topic config name: retention")]
    [InlineData("max.compaction.lag.ms", "5", "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)")]
    public async Task A_wrong_setting_is_refused_in_Kafka_s_words_and_nothing_changes(string name, string value, string expected)
    {
        await using var fixture = new EmbeddedFixture();
        IKafkaAdmin admin = fixture.Transport.Admin;
        await admin.CreateTopicAsync(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["min.compaction.lag.ms"] = "10" } });
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => admin.AlterTopicConfigsAsync("orders", [new("retention.bytes", "7"), new(name, value)]));
        Assert.Equal(ErrorCode.InvalidConfig, error.Error);
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(("-1", ConfigSource.Default), await SettingAsync(admin, "retention.bytes"));
        error = await Assert.ThrowsAsync<KafkaException>(() => admin.AlterTopicConfigsAsync("orders", [new("segment.ms", "1", ConfigOperation.Append)]));
        Assert.Equal("Can't APPEND to key segment.ms because its type is not LIST.", error.Message);
        error = await Assert.ThrowsAnyAsync<KafkaException>(() => admin.AlterTopicConfigsAsync("payments", []));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
    }

    [Fact]
    public async Task Every_setting_of_a_log_has_a_default_for_all_topics_by_Kafka_s_broker_name()
    {
        (string Broker, string Topic, string Value)[] settings =
        [
            ("log.segment.bytes", "segment.bytes", "1048577"),
            ("message.max.bytes", "max.message.bytes", "2"),
            ("compression.type", "compression.type", "snappy"),
            ("log.message.timestamp.type", "message.timestamp.type", "LogAppendTime"),
            ("log.message.timestamp.before.max.ms", "message.timestamp.before.max.ms", "3"),
            ("log.message.timestamp.after.max.ms", "message.timestamp.after.max.ms", "4"),
            ("log.index.interval.bytes", "index.interval.bytes", "5"),
            ("log.index.size.max.bytes", "segment.index.bytes", "6"),
            ("log.flush.interval.messages", "flush.messages", "7"),
            ("log.flush.interval.ms", "flush.ms", "8"),
            ("log.cleanup.policy", "cleanup.policy", "compact"),
            ("log.retention.ms", "retention.ms", "9"),
            ("log.retention.bytes", "retention.bytes", "10"),
            ("log.roll.ms", "segment.ms", "11"),
            ("log.roll.jitter.ms", "segment.jitter.ms", "12"),
            ("log.segment.delete.delay.ms", "file.delete.delay.ms", "13"),
            ("log.cleaner.min.cleanable.ratio", "min.cleanable.dirty.ratio", "0.25"),
            ("log.cleaner.delete.retention.ms", "delete.retention.ms", "14"),
            ("log.cleaner.min.compaction.lag.ms", "min.compaction.lag.ms", "15"),
            ("log.cleaner.max.compaction.lag.ms", "max.compaction.lag.ms", "16"),
        ];
        var options = new ZurauOptions();
        OptionsBinder.Bind(settings.ToDictionary(setting => $"Embedded:{setting.Broker}", setting => (string?)setting.Value), options);
        OptionsValidator.ThrowIfInvalid(options);
        using var storage = new MemoryStorage();
        await using EmbeddedTransport transport = EmbeddedTransport.Open(storage, options);
        await transport.Admin.CreateTopicAsync(new NewTopic("orders"));
        foreach ((_, string topic, string value) in settings)
        {
            Assert.Equal((topic, value, ConfigSource.StaticBroker), (topic, (await SettingAsync(transport.Admin, topic)).Value, (await SettingAsync(transport.Admin, topic)).Source));
        }

        // What replicas, preallocation and levels of codecs are about has none.
        Assert.Equal(
            ["compression.gzip.level", "compression.lz4.level", "compression.zstd.level", "min.insync.replicas", "preallocate", "unclean.leader.election.enable"],
            (await transport.Admin.DescribeTopicConfigsAsync("orders")).Where(entry => entry.Source != ConfigSource.StaticBroker).Select(entry => entry.Name));
    }

    [Fact]
    public async Task Records_are_deleted_up_to_an_offset_or_all_of_them()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await fixture.SendAsync(0, "a", "b", "c");
        IKafkaAdmin admin = fixture.Transport.Admin;
        Assert.Equal(2, await admin.DeleteRecordsAsync(new("orders", 0), 2));
        Assert.Equal([new OffsetRange(2, 3)], await admin.ListOffsetsAsync("orders"));
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => admin.DeleteRecordsAsync(new("orders", 0), 4));
        Assert.Equal(ErrorCode.OffsetOutOfRange, error.Error);
        Assert.Equal(3, await admin.DeleteRecordsAsync(new("orders", 0), -1));
    }

    [Fact]
    public async Task A_wish_for_more_than_one_copy_is_kept_and_said()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.Transport.Admin.CreateTopicAsync(new NewTopic("orders", 1, 3));
        Assert.Equal(3, (await fixture.Transport.Admin.DescribeTopicAsync("orders")).ReplicationFactor);
        Assert.Contains(fixture.Lines.Lines, line => line.StartsWith("Warning: Topic 'orders' asks for replication.factor=3", StringComparison.Ordinal));
    }

    private static async Task<(string Value, ConfigSource Source)> SettingAsync(IKafkaAdmin admin, string name)
    {
        ConfigEntry entry = (await admin.DescribeTopicConfigsAsync("orders")).Single(entry => entry.Name == name);
        return (entry.Value, entry.Source);
    }
}
