using System.Runtime.CompilerServices;
using Client.Tests.Support;
using Zurau;
using Zurau.Embedded;
using Zurau.Engine.Storage;

namespace Client.Tests.Embedded;

/// <summary>
/// Clients of an engine that was closed under them get an error at once, and nothing
/// hangs.
/// </summary>
public sealed class ClosedEngineTests
{
    [Theory]
    [InlineData(Acks.All)]
    [InlineData(Acks.Leader)]
    public async Task A_send_after_the_end_of_the_engine_fails_at_once_and_the_producer_closes(Acks acks)
    {
        var unobserved = new List<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) =>
        {
            lock (unobserved)
            {
                unobserved.Add(e.Exception.ToString());
            }
        };
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await SendAndCloseAsync(acks);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            lock (unobserved)
            {
                Assert.DoesNotContain(unobserved, static text => text.Contains("The engine is closed", StringComparison.Ordinal));
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }
    }

    [Fact]
    public async Task A_transaction_after_the_end_of_the_engine_fails_at_once()
    {
        EmbeddedTransport transport = EmbeddedTransport.Open(new MemoryStorage(), new ZurauOptions());
        var producer = new Producer<string?, string?>(transport, new ProducerOptions { TransactionalId = "billing" });
        await producer.InitTransactionsAsync(TestContext.Current.CancellationToken).Limit();
        producer.BeginTransaction();
        await producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "a"), TestContext.Current.CancellationToken).Limit();
        await transport.DisposeAsync();
        await Assert.ThrowsAnyAsync<KafkaException>(() => producer.CommitTransactionAsync().Limit());
        await producer.DisposeAsync().Limit();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task SendAndCloseAsync(Acks acks)
    {
        EmbeddedTransport transport = EmbeddedTransport.Open(new MemoryStorage(), new ZurauOptions());
        var producer = new Producer<string?, string?>(transport, new ProducerOptions { Acks = acks });
        await producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "before")).Limit();
        await transport.DisposeAsync();
        KafkaException refused = await Assert.ThrowsAnyAsync<KafkaException>(() => producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "after")).Limit());
        Assert.Equal(ErrorCode.BrokerNotAvailable, refused.Error);
        Assert.Contains("The engine is closed", refused.Message, StringComparison.Ordinal);
        producer.Send(new ProducerRecord<string?, string?>("orders", null, "not awaited"));
        _ = producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "ignored"));
        await producer.DisposeAsync().Limit();
    }
}
