
namespace Interop.Tests;

/// <summary>
/// Kafka's tools, and a real Kafka broker, agree with the engine about its
/// transactions.
/// </summary>
[Collection(nameof(KafkaBroker))] // One broker at a time: several that start together outlast any patience.
public sealed class TransactionInteropTests
{
    [KafkaFact]
    public async Task Kafka_s_decoders_read_the_coordinator_s_records_and_the_offsets_of_a_transaction()
    {
        using var ours = new TestDirectory();
        await WrittenTransactions.WriteAsync(ours.Path);
        string states = await KafkaTools.DumpAsync(Dump.Files(ours.At("__transaction_state-0"), "*.log"), "--transaction-log-decoder");
        Dump.AssertNoComplaint(states);
        Assert.Matches("transactionalId.*committing", states);
        foreach (string status in (string[])["\"transactionStatus\":0", "\"transactionStatus\":1", "\"transactionStatus\":2", "\"transactionStatus\":3", "\"transactionStatus\":4", "\"transactionStatus\":5"])
        {
            Assert.Contains(status, states, StringComparison.Ordinal);
        }

        string offsets = await KafkaTools.DumpAsync(Dump.Files(ours.At("__consumer_offsets-0"), "*.log"), "--offsets-decoder");
        Dump.AssertNoComplaint(offsets);
        Assert.Matches($"\"group\":\"{WrittenTransactions.Group}\",\"topic\":\"t\",\"partition\":0", offsets);
        Assert.Contains($"\"offset\":{WrittenTransactions.GroupOffset},", offsets, StringComparison.Ordinal);
        Assert.Contains("endTxnMarker: COMMIT", offsets, StringComparison.Ordinal);
        Assert.Contains("endTxnMarker: ABORT", offsets, StringComparison.Ordinal);
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync([.. Dump.Files(ours.At("t-0"), "*.log"), .. Dump.Files(ours.At("t-0"), "*.txnindex")], "--deep-iteration"));
    }

    [KafkaFact]
    public async Task A_real_broker_serves_committed_records_lists_the_transactions_and_has_the_offsets() // T1, T13, T19
    {
        using var ours = new TestDirectory();
        await WrittenTransactions.WriteAsync(ours.Path);
        await using var kafka = new KafkaBroker("transaction.state.log.num.partitions=1", "offsets.topic.num.partitions=1");
        await kafka.StartAsync();
        await kafka.CreateTopicAsync("t");
        await kafka.CreateTopicAsync("__transaction_state", "cleanup.policy=compact");
        await kafka.CreateTopicAsync("__consumer_offsets", "cleanup.policy=compact");
        await kafka.StopAsync();
        foreach (string folder in (string[])["t-0", "__transaction_state-0", "__consumer_offsets-0"])
        {
            KafkaServesOurLogTests.Replace(Path.Combine(kafka.Data, folder), ours.At(folder));
        }

        await kafka.StartAsync();
        Assert.Equal(WrittenTransactions.Visible, await kafka.ReadAllAsync("t", "read_committed"));
        Assert.Equal(WrittenTransactions.All, await kafka.ReadAllAsync("t", "read_uncommitted"));

        string list = await kafka.TransactionsAsync("list");
        Assert.Matches(@"aborting\s+\d+\s+\d+\s+CompleteAbort", list);
        Assert.Matches(@"committing\s+\d+\s+\d+\s+CompleteCommit", list);
        Assert.Matches(@"open\s+\d+\s+\d+\s+Ongoing", list);
        Assert.Matches(@"open\s.*Ongoing.*t-0", await kafka.TransactionsAsync("describe", "--transactional-id", "open"));
        Assert.Matches(@"\s8\s*$", await kafka.TransactionsAsync("describe-producers", "--topic", "t", "--partition", "0")); // The open one's first offset.
        Assert.Matches($@"{WrittenTransactions.Group}\s+t\s+0\s+{WrittenTransactions.GroupOffset}\s", await kafka.GroupAsync(WrittenTransactions.Group));
    }
}
