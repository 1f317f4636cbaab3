using Client.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Client.Tests.Admin;

/// <summary>
/// What an operator sees of transactions, and how readers get on where one hangs.
/// </summary>
public sealed class TransactionAdminTests
{
    private static readonly TopicPartition s_orders = new("orders", 0);

    [Fact]
    public async Task Transactional_ids_are_listed_by_state_producer_age_and_pattern_and_described()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await using Producer<string?, string?> idle = await TransactionalAsync(fixture, "idle");
        await using Producer<string?, string?> busy = await TransactionalAsync(fixture, "busy-1");
        busy.BeginTransaction();
        await busy.SendAsync(new ProducerRecord<string?, string?>("orders", null, "x") { Partition = 1 }).Limit();
        IKafkaAdmin admin = fixture.Transport.Admin;
        IReadOnlyList<TransactionListing> all = await admin.ListTransactionsAsync();
        Assert.Equal([("busy-1", TransactionState.Ongoing), ("idle", TransactionState.Empty)], all.Select(static listing => (listing.TransactionalId, listing.State)));
        Assert.Equal("idle", await OnlyAsync(admin, new TransactionFilter { States = new HashSet<TransactionState> { TransactionState.Empty } }));
        Assert.Equal("busy-1", await OnlyAsync(admin, new TransactionFilter { ProducerIds = new HashSet<long> { all[0].ProducerId } }));
        Assert.Equal("busy-1", await OnlyAsync(admin, new TransactionFilter { TransactionalIdPattern = "busy-[0-9]" }));
        Assert.Equal("busy-1", await OnlyAsync(admin, new TransactionFilter { OpenFor = TimeSpan.FromSeconds(-1) }));
        Assert.Empty(await admin.ListTransactionsAsync(new TransactionFilter { OpenFor = TimeSpan.FromHours(1) }));
        Assert.Empty(await admin.ListTransactionsAsync(new TransactionFilter { TransactionalIdPattern = "busy" })); // The whole id has to match.
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => admin.ListTransactionsAsync(new TransactionFilter { TransactionalIdPattern = "(" }));
        Assert.Equal(ErrorCode.InvalidRegularExpression, error.Error);

        TransactionDescription described = await admin.DescribeTransactionAsync("busy-1");
        Assert.Equal((TransactionState.Ongoing, all[0].ProducerId, 60_000), (described.State, described.ProducerId, described.TimeoutMs));
        Assert.Equal([new TopicPartition("orders", 1)], described.Partitions);
        error = await Assert.ThrowsAsync<KafkaException>(() => admin.DescribeTransactionAsync("unknown"));
        Assert.Equal(ErrorCode.TransactionalIdNotFound, error.Error);

        ProducerDescription producer = Assert.Single(await admin.DescribeProducersAsync(new("orders", 1)));
        Assert.Equal((described.ProducerId, described.ProducerEpoch, 0, 0L), (producer.ProducerId, producer.ProducerEpoch, producer.LastSequence, producer.TransactionStartOffset));
        Assert.Empty(await admin.DescribeProducersAsync(s_orders));
        error = await Assert.ThrowsAsync<RetriableKafkaException>(() => admin.DescribeProducersAsync(new("orders", 9)));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);
    }

    [Fact]
    public async Task A_hanging_transaction_is_found_and_aborted_and_readers_get_on() // T19
    {
        using var directory = new TestDirectory();
        using var copy = new TestDirectory();
        await using (var begun = new EmbeddedFixture(storage: new FileStorage(directory.Path)))
        {
            await begun.CreateTopicAsync(1);
            Producer<string?, string?> lost = await TransactionalAsync(begun, "lost");
            lost.BeginTransaction();
            await lost.SendAsync(new ProducerRecord<string?, string?>("orders", null, "hangs")).Limit();
            Assert.Empty(await begun.Transport.Admin.FindHangingTransactionsAsync(TimeSpan.FromSeconds(-1)));
        }

        // A copied partition without the coordinator's log has a transaction that is never ended.
        CopyPartition(directory.Path, copy.Path);
        await using var fixture = new EmbeddedFixture(storage: new FileStorage(copy.Path));
        IKafkaAdmin admin = fixture.Transport.Admin;
        Assert.Empty(await admin.FindHangingTransactionsAsync());
        await fixture.CreateTopicAsync(1, "payments");
        Assert.Empty(await admin.FindHangingTransactionsAsync(TimeSpan.FromSeconds(-1), "payments"));
        HangingTransaction open = Assert.Single(await admin.FindHangingTransactionsAsync(TimeSpan.FromSeconds(-1)));
        Assert.Equal((s_orders, 0L), (open.Partition, open.StartOffset));
        KafkaException error = await Assert.ThrowsAsync<KafkaException>(() => admin.AbortTransactionAsync(open with { ProducerId = open.ProducerId + 1 }).Limit());
        Assert.Equal(ErrorCode.InvalidTxnState, error.Error);
        error = await Assert.ThrowsAnyAsync<KafkaException>(() => admin.AbortTransactionAsync(open with { ProducerEpoch = -1 }).Limit());
        Assert.Equal(ErrorCode.InvalidProducerEpoch, error.Error);
        error = await Assert.ThrowsAnyAsync<KafkaException>(() => admin.AbortTransactionAsync(open with { Partition = new("orders", 9) }).Limit());
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, error.Error);

        await fixture.SendAsync(0, "after it");
        Assert.Empty(await CommittedAsync(fixture, 0));
        await admin.AbortTransactionAsync(open).Limit();
        Assert.Equal(["after it"], await CommittedAsync(fixture, 1));
        Assert.Equal(-1, Assert.Single(await admin.DescribeProducersAsync(s_orders)).TransactionStartOffset);
    }

    [Fact]
    public async Task A_fenced_producer_is_refused_and_its_open_transaction_is_aborted()
    {
        await using var fixture = new EmbeddedFixture(new BrokerOptions { TransactionMaxTimeoutMs = 10_000 });
        await fixture.CreateTopicAsync(1);
        await using Producer<string?, string?> producer = await TransactionalAsync(fixture, "billing", timeoutMs: 10_000);
        producer.BeginTransaction();
        await producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "never")).Limit();
        FencedProducer fenced = await fixture.Transport.Admin.FenceProducerAsync("billing").Limit();
        await Assert.ThrowsAsync<ProducerFencedException>(() => producer.CommitTransactionAsync().Limit());
        TransactionDescription described = await fixture.Transport.Admin.DescribeTransactionAsync("billing");
        Assert.Equal((TransactionState.Empty, fenced.ProducerId, fenced.ProducerEpoch), (described.State, described.ProducerId, described.ProducerEpoch));
        await fixture.SendAsync(0, "after it");
        Assert.Equal(["after it"], await CommittedAsync(fixture, 1));
    }

    private static void CopyPartition(string from, string to)
    {
        string folder = Directory.CreateDirectory(Path.Combine(to, "orders-0")).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(from, "orders-0")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    private static async Task<string> OnlyAsync(IKafkaAdmin admin, TransactionFilter filter) => Assert.Single(await admin.ListTransactionsAsync(filter)).TransactionalId;

    private static async Task<IEnumerable<string?>> CommittedAsync(EmbeddedFixture fixture, int count)
    {
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest(group: null) with { IsolationLevel = IsolationLevel.ReadCommitted });
        consumer.Assign([s_orders]);
        return count == 0
            ? (await consumer.PollAsync(TimeSpan.FromMilliseconds(1)).Limit()).Select(static record => record.Value)
            : (await EmbeddedFixture.ReadAsync(consumer, count)).Select(static record => record.Value);
    }

    private static async Task<Producer<string?, string?>> TransactionalAsync(EmbeddedFixture fixture, string id, int timeoutMs = 60_000)
    {
        var producer = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { TransactionalId = id, TransactionTimeoutMs = timeoutMs, LingerMs = 0 }, loggerFactory: fixture.Lines);
        await producer.InitTransactionsAsync().Limit();
        return producer;
    }
}
