using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Storage;

namespace Client.Tests.Embedded;

public class EmbeddedTransportTests
{
    [Theory]
    [InlineData("localhost:9092", "add the package Zurau.Confluent and call UseConfluent()")]
    [InlineData("a:9092, b:9093", "add the package Zurau.Confluent and call UseConfluent()")]
    [InlineData("./data", "is neither an embedded engine nor a cluster")]
    [InlineData("localhost", "is neither an embedded engine nor a cluster")]
    [InlineData("embedded:", "names no directory")]
    [InlineData("embedded::memry:", "names no directory")]
    public void Bootstrap_servers_that_name_no_embedded_engine_are_refused_with_the_way_out(string servers, string message)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => EmbeddedTransport.Open(new ZurauOptions { BootstrapServers = servers }));
        Assert.Contains($"bootstrap.servers='{servers}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_engines_in_memory_share_nothing()
    {
        var options = new ZurauOptions { BootstrapServers = "embedded::memory:" };
        await using EmbeddedTransport first = EmbeddedTransport.Open(options);
        await using EmbeddedTransport second = EmbeddedTransport.Open(options);
        await first.Admin.CreateTopicAsync(new NewTopic("orders"));
        Assert.Empty(await second.Admin.ListTopicsAsync());
    }

    [Fact]
    public async Task A_directory_keeps_records_and_committed_offsets_and_is_open_once()
    {
        using var directory = new TestDirectory();
        var options = new ZurauOptions { BootstrapServers = $"embedded:{directory.Path}" };
        var partition = new TopicPartition("orders", 0);
        await using (EmbeddedTransport transport = EmbeddedTransport.Open(options))
        {
            Assert.Contains(directory.Path, transport.Description, StringComparison.Ordinal);
            StorageException error = Assert.Throws<StorageException>(() => EmbeddedTransport.Open(options));
            Assert.Contains(directory.Path, error.Message, StringComparison.Ordinal);
            await using var producer = new Producer<string, string>(transport, new ProducerOptions());
            await producer.SendAsync(new ProducerRecord<string, string>("orders", "k", "a")).Limit();
            await producer.SendAsync(new ProducerRecord<string, string>("orders", "k", "b")).Limit();
            await using var consumer = new Consumer<string, string>(transport, EmbeddedFixture.Earliest());
            consumer.Assign(partition);
            await consumer.CommitAsync([new(partition, new OffsetAndMetadata(1))]).Limit();
        }

        await using EmbeddedTransport again = EmbeddedTransport.Open(options);
        await using var reader = new Consumer<string, string>(again, EmbeddedFixture.Earliest());
        reader.Subscribe("orders");
        Assert.Equal(["b"], (await reader.PollAsync(EmbeddedFixture.Soon).Limit()).Select(record => record.Value));
    }

    [Fact]
    public async Task Records_for_a_topic_that_was_deleted_go_to_its_successor_or_fail()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await fixture.SendAsync(1, "a");
        await fixture.Transport.Admin.DeleteTopicAsync("orders");
        Assert.Equal(0, (await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "b") { Partition = 0 }).Limit()).Offset);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync(1, "c"));
        Assert.Contains("topic 'orders' has 1 partition; partition 1 does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_corrupt_batch_is_named_and_the_position_stays_before_it()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        var corrupting = new CorruptingTransport(fixture.Transport, offset: 1);
        await using var consumer = new Consumer<string?, string?>(corrupting, EmbeddedFixture.Earliest());
        consumer.Subscribe("orders");
        Assert.Equal("a", Assert.Single(await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Value);
        for (int again = 0; again < 2; again++)
        {
            KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => consumer.PollAsync(EmbeddedFixture.Soon).Limit());
            Assert.Equal(ErrorCode.CorruptMessage, error.Error);
            Assert.Contains("orders-0 offset 1", error.Message, StringComparison.Ordinal);
            Assert.Equal(1, consumer.Position(new("orders", 0)));
        }

        consumer.Seek(new("orders", 0), 2);
        Assert.Equal("c", Assert.Single(await consumer.PollAsync(EmbeddedFixture.Soon).Limit()).Value);
        await consumer.DisposeAsync();
        await using var trusting = new Consumer<string?, string?>(corrupting, EmbeddedFixture.Earliest() with { CheckCrcs = false });
        trusting.Subscribe("orders");
        Assert.Equal(["a", "B", "c"], (await EmbeddedFixture.ReadAsync(trusting, 3)).Select(record => record.Value));
    }
}
