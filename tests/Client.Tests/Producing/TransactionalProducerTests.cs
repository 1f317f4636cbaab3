using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>Transactions of the client over the embedded engine.</summary>
public sealed class TransactionalProducerTests
{
    private static readonly ConsumerOptions s_committed = EmbeddedFixture.Earliest() with { IsolationLevel = IsolationLevel.ReadCommitted };

    [Fact]
    public async Task A_committed_transaction_is_visible_when_the_commit_returns_and_an_aborted_one_never() // T13
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await using Producer<string?, string?> producer = Transactional(fixture);
        await producer.InitTransactionsAsync();
        foreach (string name in new[] { "a", "b", "c" })
        {
            producer.BeginTransaction();
            producer.Send(new ProducerRecord<string?, string?>("orders", null, name + 0) { Partition = 0 });
            ValueTask<RecordMetadata> sent = producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, name + 1) { Partition = 1 });
            if (name == "b")
            {
                await producer.AbortTransactionAsync().Limit();
            }
            else
            {
                await producer.CommitTransactionAsync().Limit();
                await sent.Limit();
            }
        }

        await using Consumer<string?, string?> consumer = fixture.Consumer(s_committed);
        consumer.Subscribe("orders");
        List<ConsumerRecord<string?, string?>> records = await EmbeddedFixture.ReadAsync(consumer, 4);
        Assert.Equal(["a0", "a1", "c0", "c1"], records.Select(static record => record.Value).Order());
    }

    [Fact]
    public async Task Read_process_write_is_one_step_also_for_the_group_s_offset() // T13, T14
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await fixture.CreateTopicAsync(1, "bills");
        await fixture.SendAsync(0, "a", "b");
        await using Consumer<string?, string?> consumer = fixture.Consumer(s_committed);
        consumer.Subscribe("orders");
        List<ConsumerRecord<string?, string?>> read = await EmbeddedFixture.ReadAsync(consumer, 2);
        await using Producer<string?, string?> producer = Transactional(fixture);
        await producer.InitTransactionsAsync();
        foreach ((bool isCommit, long offset) in new[] { (false, 2L), (true, 1L) })
        {
            producer.BeginTransaction();
            producer.Send(new ProducerRecord<string?, string?>("bills", null, $"{isCommit}"));
            await producer.SendOffsetsToTransactionAsync([KeyValuePair.Create(read[0].TopicPartition, new OffsetAndMetadata(offset))], consumer.GroupMetadata).Limit();
            await (isCommit ? producer.CommitTransactionAsync() : producer.AbortTransactionAsync()).Limit();
        }

        Assert.Equal(1, (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing"))[read[0].TopicPartition].Offset);
        await using Consumer<string?, string?> bills = fixture.Consumer(s_committed with { GroupId = "other" });
        bills.Subscribe("bills");
        Assert.Equal("True", Assert.Single(await EmbeddedFixture.ReadAsync(bills, 1)).Value);
    }

    [Fact]
    public async Task A_member_that_has_lost_its_place_must_abort()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await using Producer<string?, string?> producer = Transactional(fixture);
        await producer.InitTransactionsAsync();
        producer.BeginTransaction();
        await Assert.ThrowsAsync<AbortableKafkaException>(() => producer.SendOffsetsToTransactionAsync(
            [KeyValuePair.Create(new TopicPartition("orders", 0), new OffsetAndMetadata(0))], new ConsumerGroupMetadata("billing", 7, "gone")).Limit());
        Assert.Throws<AbortableKafkaException>(() => producer.Send(new ProducerRecord<string?, string?>("orders", null, "x")));
        await Assert.ThrowsAsync<AbortableKafkaException>(() => producer.CommitTransactionAsync().Limit());
        await producer.AbortTransactionAsync().Limit();
        producer.BeginTransaction();
        await producer.CommitTransactionAsync().Limit(); // T12: with nothing in it.
    }

    [Fact]
    public async Task A_newer_producer_of_the_same_id_fences_the_older() // T9
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await using Producer<string?, string?> old = Transactional(fixture);
        await old.InitTransactionsAsync();
        old.BeginTransaction();
        await old.SendAsync(new ProducerRecord<string?, string?>("orders", null, "old")).Limit();
        await using Producer<string?, string?> young = Transactional(fixture);
        await young.InitTransactionsAsync();
        await Assert.ThrowsAsync<ProducerFencedException>(() => old.CommitTransactionAsync().Limit());
        await Assert.ThrowsAsync<ProducerFencedException>(() => old.AbortTransactionAsync().Limit());
        young.BeginTransaction();
        await young.SendAsync(new ProducerRecord<string?, string?>("orders", null, "young")).Limit();
        await young.CommitTransactionAsync().Limit();
        await using Consumer<string?, string?> consumer = fixture.Consumer(s_committed);
        consumer.Subscribe("orders");
        Assert.Equal("young", Assert.Single(await EmbeddedFixture.ReadAsync(consumer, 1)).Value);
    }

    [Fact]
    public async Task An_open_transaction_of_a_closed_producer_is_aborted_and_readers_continue()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await using (Producer<string?, string?> producer = Transactional(fixture))
        {
            await producer.InitTransactionsAsync();
            producer.BeginTransaction();
            await producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "never")).Limit();
        }

        Assert.Equal(TransactionState.CompleteAbort, (await fixture.Transport.Admin.DescribeTransactionAsync("billing")).State);
        await fixture.SendAsync(0, "after it");
        await using Consumer<string?, string?> consumer = fixture.Consumer(s_committed);
        consumer.Subscribe("orders");
        Assert.Equal("after it", Assert.Single(await EmbeddedFixture.ReadAsync(consumer, 1)).Value);
    }

    [Fact]
    public async Task Calls_in_the_wrong_order_say_what_is_missing()
    {
        await using var fixture = new EmbeddedFixture();
        await using Producer<string?, string?> producer = Transactional(fixture);
        Assert.Contains("InitTransactionsAsync first", Assert.Throws<InvalidOperationException>(producer.BeginTransaction).Message, StringComparison.Ordinal);
        await producer.InitTransactionsAsync();
        Assert.Contains(
            "BeginTransaction first",
            Assert.Throws<InvalidOperationException>(() => producer.Send(new ProducerRecord<string?, string?>("orders", null, "x"))).Message,
            StringComparison.Ordinal);
        producer.BeginTransaction();
        Assert.Throws<InvalidOperationException>(producer.BeginTransaction);
        await producer.AbortTransactionAsync().Limit();
        Assert.Contains("transactional.id", Assert.Throws<InvalidOperationException>(fixture.Producer.BeginTransaction).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_in_a_transaction_is_committed_or_aborted_as_a_whole_one_at_a_time()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        await using var producer = new Producer<byte[], byte[]>(fixture.Transport, new ProducerOptions { TransactionalId = "template" });
        var template = new KafkaTemplate<string, string>(producer);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => template.ExecuteInTransactionAsync(async (inside, token) =>
        {
            await inside.SendAsync("orders", "k", $"{i}", token);
            await inside.SendAsync("orders", "k", $"{i}", token);
        }))).Limit();
        await Assert.ThrowsAsync<FormatException>(() => template.ExecuteInTransactionAsync(async (inside, token) =>
        {
            await inside.SendAsync("orders", "k", "never", token);
            throw new FormatException();
        }).Limit());
        await template.ExecuteInTransactionAsync(async (inside, token) => await inside.SendAsync("orders", "k", "last", token)).Limit();
        await using Consumer<string?, string?> consumer = fixture.Consumer(s_committed);
        consumer.Subscribe("orders");
        string?[] values = [.. (await EmbeddedFixture.ReadAsync(consumer, 17)).Select(static record => record.Value)];
        Assert.Equal("last", values[^1]);
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(values[i * 2], values[(i * 2) + 1]));
    }

    private static Producer<string?, string?> Transactional(EmbeddedFixture fixture) =>
        new(fixture.Transport, new ProducerOptions { TransactionalId = "billing", LingerMs = 0 }, loggerFactory: fixture.Lines);
}
