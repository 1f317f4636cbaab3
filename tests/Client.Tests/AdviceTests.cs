using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;

namespace Client.Tests;

/// <summary>Follows the advice of the client's messages: after it, the same call succeeds.</summary>
public sealed class AdviceTests
{
    private static readonly ProducerRecord<string?, string?> s_large = new("orders", null, new string('x', 3_000_000));

    [Theory]
    [InlineData("localhost:9092", "embedded:./data", "embedded::memory:")]
    [InlineData("./data", "embedded:./data", "embedded::memory:")]
    [InlineData("embedded:", "embedded:./data", "embedded::memory:")]
    public void The_servers_that_a_message_advises_are_accepted(string refused, params string[] advised)
    {
        string message = Assert.Throws<ConfigurationException>(() => BootstrapServers.Directory(refused)).Message;
        Assert.All(advised, server => Assert.Contains(server, message, StringComparison.Ordinal));
        Assert.Equal(["./data", null], advised.Select(BootstrapServers.Directory));
        Assert.DoesNotContain("host:port", message, StringComparison.Ordinal); // Which would be refused.
    }

    [Fact]
    public async Task A_record_that_is_too_large_is_delivered_with_the_settings_that_the_message_names()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.Transport.Admin.CreateTopicAsync(new NewTopic("orders", 1) { Configs = new Dictionary<string, string> { ["max.message.bytes"] = "4000000" } }).Limit();
        KafkaException refused = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.Producer.SendAsync(s_large).Limit());
        Assert.Contains("raise max.request.size (and max.message.bytes of the topic)", refused.Message, StringComparison.Ordinal);
        await using var raised = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { MaxRequestSize = 4_000_000 });
        Assert.Equal(0, (await raised.SendAsync(s_large).Limit()).Offset);
    }

    [Fact]
    public async Task A_record_that_is_larger_than_the_buffer_is_delivered_with_a_larger_one()
    {
        await using var fixture = new EmbeddedFixture();
        await using var small = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { BufferMemory = 20_000, BatchSize = 1000 });
        var record = new ProducerRecord<string?, string?>("orders", null, new string('x', 30_000));
        KafkaException refused = await Assert.ThrowsAnyAsync<KafkaException>(() => small.SendAsync(record).Limit());
        Assert.Contains("Send less, or raise buffer.memory", refused.Message, StringComparison.Ordinal);
        await small.SendAsync(record with { Value = "less" }).Limit();
        await using var raised = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { BufferMemory = 200_000, BatchSize = 1000 });
        await raised.SendAsync(record).Limit();
    }

    [Fact]
    public async Task Calls_in_the_wrong_order_succeed_after_the_call_that_the_message_names()
    {
        await using var fixture = new EmbeddedFixture();
        Assert.Contains("set 'transactional.id'", Assert.Throws<InvalidOperationException>(fixture.Producer.BeginTransaction).Message, StringComparison.Ordinal);
        await using var producer = new Producer<string?, string?>(fixture.Transport, new ProducerOptions { TransactionalId = "billing" });
        var record = new ProducerRecord<string?, string?>("orders", null, "x");
        Assert.Contains("call InitTransactionsAsync first", Assert.Throws<InvalidOperationException>(producer.BeginTransaction).Message, StringComparison.Ordinal);
        await producer.InitTransactionsAsync();
        Assert.Contains("call BeginTransaction first", Assert.Throws<InvalidOperationException>(() => producer.Send(record)).Message, StringComparison.Ordinal);
        producer.BeginTransaction();
        Assert.Contains("commit or abort it first", Assert.Throws<InvalidOperationException>(producer.BeginTransaction).Message, StringComparison.Ordinal);
        await producer.CommitTransactionAsync().Limit();
        producer.BeginTransaction();
        await producer.SendAsync(record).Limit();
        await producer.AbortTransactionAsync().Limit();
        producer.BeginTransaction();
        await producer.CommitTransactionAsync().Limit();
    }

    [Fact]
    public async Task A_flush_that_a_callback_must_not_call_succeeds_on_another_thread()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        Exception? refused = null;
        var flushed = new TaskCompletionSource();
        fixture.Producer.Send(new ProducerRecord<string?, string?>("orders", null, "x"), (_, _) =>
        {
            refused = Record.Exception(() => fixture.Producer.Flush());
            _ = Task.Run(() =>
            {
                fixture.Producer.Flush();
                flushed.SetResult();
            });
        });
        await flushed.Task.Limit();
        Assert.Contains("call it from another thread", Assert.IsType<InvalidOperationException>(refused).Message, StringComparison.Ordinal);
    }
}
