using System.Buffers;
using System.Text.RegularExpressions;
using Client.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

/// <summary>
/// Follows the advice of a producer's messages about <c>max.block.ms</c> and codecs.
/// Codecs belong to the process, so nothing else runs meanwhile.
/// </summary>
[CollectionDefinition(nameof(ProducerAdviceTests), DisableParallelization = true)]
[Collection(nameof(ProducerAdviceTests))]
public sealed class ProducerAdviceTests // N9
{
    private static readonly ProducerOptions s_oneBatch = new() { BatchSize = 1000, BufferMemory = 1000, MaxBlockMs = 1000, LingerMs = 0, DeliveryTimeoutMs = 600_000 };

    [Fact]
    public async Task A_send_that_found_no_memory_succeeds_with_more_of_it_or_more_time_or_fewer_sends()
    {
        (string message, _) = await SendTwoAsync(s_oneBatch, answerAfterMs: 5000);
        string[] settings = Regex.Match(message, "raise (\\S+) or (\\S+), or send less at once").Groups.Values.Skip(1).Select(static group => group.Value).ToArray();
        Assert.Equal(["buffer.memory", "max.block.ms"], settings);
        foreach (string setting in settings)
        {
            ProducerOptions raised = s_oneBatch with { };
            Assert.True(ProducerOptions.Settings.TrySet(raised, setting, "10000"));
            Assert.Equal(("", 2), await SendTwoAsync(raised, answerAfterMs: 5000));
        }

        var less = new ProducerFixture(s_oneBatch);
        await less.SendAsync("a").Limit();
        await less.SendAsync("b").Limit();
        Assert.Equal(["a", "b"], less.Log.Values());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transactional_call_that_got_no_answer_in_time_succeeds_when_it_is_called_again(bool isCommit)
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(1);
        var transport = new BusyTransport(fixture.Transport);
        await using var producer = new Producer<string?, string?>(transport, new ProducerOptions { TransactionalId = "billing", MaxBlockMs = 0 });
        transport.IsBusy = true;
        await CalledAgainAsync(() => producer.InitTransactionsAsync());
        producer.BeginTransaction();
        ValueTask<RecordMetadata> sent = producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "a"));
        await producer.FlushAsync().Limit();
        await sent.Limit();
        await CalledAgainAsync(() => isCommit ? producer.CommitTransactionAsync() : producer.AbortTransactionAsync());
        producer.BeginTransaction();
        producer.Send(new ProducerRecord<string?, string?>("orders", null, "next"));
        await producer.CommitTransactionAsync().Limit();
        await using Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { IsolationLevel = IsolationLevel.ReadCommitted });
        consumer.Subscribe("orders");
        string[] committed = isCommit ? ["a", "next"] : ["next"];
        Assert.Equal(committed, (await EmbeddedFixture.ReadAsync(consumer, committed.Length)).Select(static record => record.Value));

        async Task CalledAgainAsync(Func<Task> call)
        {
            transport.IsBusy = true;
            RetriableKafkaException refused = await Assert.ThrowsAsync<RetriableKafkaException>(() => call().Limit());
            Assert.Contains("within max.block.ms=0; call again", refused.Message, StringComparison.Ordinal);
            transport.IsBusy = false;
            await call().Limit();
        }
    }

    [Fact]
    public async Task A_codec_that_fails_is_replaced_or_another_compression_type_is_chosen()
    {
        await using var fixture = new EmbeddedFixture();
        ICompressionCodec working = CompressionCodecs.Get(CompressionType.Lz4);
        var options = new ProducerOptions { CompressionType = CompressionType.Lz4 };
        CompressionCodecs.Register(CompressionType.Lz4, new BrokenCodec());
        try
        {
            ConfigurationException refused = Assert.Throws<ConfigurationException>(() => new Producer<string?, string?>(fixture.Transport, options));
            Assert.Contains("Register another codec, or choose another 'compression.type'.", refused.Message, StringComparison.Ordinal);
            foreach (CompressionType other in Enum.GetValues<CompressionType>().Where(static type => type != CompressionType.Lz4))
            {
                await DeliverAsync(fixture, options with { CompressionType = other });
            }
        }
        finally
        {
            CompressionCodecs.Register(CompressionType.Lz4, working);
        }

        await DeliverAsync(fixture, options);
    }

    private static async Task DeliverAsync(EmbeddedFixture fixture, ProducerOptions options)
    {
        await using var producer = new Producer<string?, string?>(fixture.Transport, options);
        await producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "a")).Limit();
    }

    /// <summary>Sends two records at once to a log that answers slowly; returns the message about the second and how many arrived.</summary>
    private static async Task<(string Message, int Arrived)> SendTwoAsync(ProducerOptions options, int answerAfterMs)
    {
        var fixture = new ProducerFixture(options);
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        Task<RecordMetadata> second = fixture.SendAsync("b").AsTask();
        fixture.Advance(answerAfterMs);
        fixture.Log.HoldAnswers = false;
        while (fixture.Log.HeldCount > 0) // Ends: nothing more is held.
        {
            fixture.Log.ReleaseOne();
        }

        await first.Limit();
        Exception? error = await Record.ExceptionAsync(() => second.Limit());
        return (error?.Message ?? "", fixture.Log.Values().Count);
    }

    private sealed class BrokenCodec : ICompressionCodec
    {
        public void Compress(ReadOnlySpan<byte> records, IBufferWriter<byte> destination, int level) => throw new InvalidOperationException("broken.");

        public void Decompress(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination, int maxBytes) => throw new InvalidOperationException("broken.");
    }
}
