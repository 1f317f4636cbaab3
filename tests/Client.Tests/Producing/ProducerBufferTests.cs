using Client.Tests.Support;
using Zurau;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

public class ProducerBufferTests
{
    private static readonly ProducerOptions s_oneBatch = new() { BatchSize = 1000, BufferMemory = 1000, MaxBlockMs = 60_000, LingerMs = 1000 };

    [Fact]
    public async Task A_full_buffer_blocks_a_send_until_an_append_is_acknowledged()
    {
        var fixture = new ProducerFixture(s_oneBatch);
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        var sender = new Thread(() => fixture.Send("b"));
        sender.Start();
        Within.Until(() => fixture.Log.Time.TimerCount == 1, "the wait for memory");
        Assert.Equal(["a"], fixture.Log.Values());
        fixture.Log.ReleaseOne();
        await first.Limit();
        sender.Join();
        fixture.Log.HoldAnswers = false;
        await fixture.Producer.FlushAsync().Limit();
        Assert.Equal(["a", "b"], fixture.Log.Values());
    }

    [Fact]
    public async Task A_full_buffer_blocks_up_to_max_block_ms_and_then_names_the_settings()
    {
        var fixture = new ProducerFixture(s_oneBatch);
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        Task<RecordMetadata> second = fixture.SendAsync("b").AsTask();

        // Joins the open batch? There is none: the only batch that fits is in flight.
        Assert.False(second.IsCompleted);
        fixture.Advance(59_999);
        Assert.False(second.IsCompleted);
        fixture.Advance(1);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => second.Limit());
        Assert.Contains("buffer.memory=1000", error.Message, StringComparison.Ordinal);
        Assert.Contains("1000 bytes were asked for", error.Message, StringComparison.Ordinal);
        Assert.Contains("max.block.ms=60000", error.Message, StringComparison.Ordinal);
        Assert.Contains("raise buffer.memory or max.block.ms", error.Message, StringComparison.Ordinal);
        fixture.Log.ReleaseOne();
        await first.Limit();
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Fact]
    public async Task A_full_buffer_sends_what_lingers_instead_of_waiting_for_it()
    {
        var fixture = new ProducerFixture(s_oneBatch with { MaxBlockMs = 1000 }, partitions: 2);
        fixture.Producer.Send(new ProducerRecord<string?, string?>("orders", null, "lingers") { Partition = 0 });
        await fixture.SendAsync("a", partition: 1).Limit();
        Assert.Equal(["lingers"], fixture.Log.Values(0));
        Assert.Equal(["a"], fixture.Log.Values(1));
    }

    [Fact]
    public async Task A_wait_for_the_buffer_can_be_cancelled()
    {
        var fixture = new ProducerFixture(s_oneBatch);
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        using var cancellation = new CancellationTokenSource();
        Task<RecordMetadata> second = fixture.SendAsync("b", cancellationToken: cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Limit());
        fixture.Log.ReleaseOne();
        await first.Limit();
        Assert.Equal(0, fixture.Producer.BufferedBytes);
        Assert.Equal(1, fixture.Log.AppendCount);
    }

    [Fact]
    public async Task A_wait_for_a_result_can_be_cancelled()
    {
        var fixture = new ProducerFixture();
        fixture.Log.HoldAnswers = true;
        using var cancellation = new CancellationTokenSource();
        Task<RecordMetadata> send = fixture.SendAsync("a", cancellationToken: cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send.Limit());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.SendAsync("b", cancellationToken: cancellation.Token).Limit());
        fixture.Log.ReleaseOne();
        Assert.Equal(["a"], fixture.Log.Values());
    }

    [Fact]
    public async Task A_record_larger_than_the_buffer_is_refused_at_once()
    {
        var fixture = new ProducerFixture(s_oneBatch);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync(new string('x', 1000)).Limit());
        Assert.Equal(ErrorCode.MessageTooLarge, error.Error);
        Assert.Contains("buffer.memory=1000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Closing_delivers_what_is_there_and_takes_no_more()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 1000 });
        fixture.Send("a");
        await fixture.Producer.DisposeAsync();
        Assert.Equal(["a"], fixture.Log.Values());
        Assert.Throws<ObjectDisposedException>(() => fixture.Send("b"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.SendAsync("b").Limit());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("a-new-topic", null, "b")).Limit());
        await fixture.Producer.DisposeAsync();
    }

    [Fact]
    public async Task Closing_with_a_timeout_fails_what_is_left()
    {
        var fixture = new ProducerFixture(s_oneBatch);
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> inFlight = fixture.SendAsync("a").AsTask();
        Task<RecordMetadata> waiting = fixture.SendAsync("b").AsTask();
        var closer = new Thread(() => fixture.Producer.Close(TimeSpan.FromSeconds(5)));
        closer.Start();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Limit());
        await Task.Yield(); // The call that failed the wait may go on only when this returns to it: it ends its timer last.
        Within.Until(() => fixture.Log.Time.TimerCount == 1, "the wait of Close");
        fixture.Advance(5000);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => inFlight.Limit());
        Assert.Contains("the producer was closed and waited 5000 ms", error.Message, StringComparison.Ordinal);
        Within.Until(() => closer.Join(0), "the return of Close");
        fixture.Log.ReleaseOne();
    }

    // L15
    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Zstd)]
    public async Task The_bytes_of_a_batch_that_was_given_up_stay_as_they_are_while_its_append_is_under_way(CompressionType type)
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 1000, LingerMs = 0, DeliveryTimeoutMs = 2000, CompressionType = type });
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> first = fixture.SendAsync("given up").AsTask();
        fixture.Advance(2000);
        await Assert.ThrowsAnyAsync<KafkaException>(() => first.Limit());
        fixture.Log.HoldAnswers = false;
        for (int i = 0; i < 50; i++)
        {
            await fixture.SendAsync($"{i}").Limit();
        }

        (ReadOnlyMemory<byte> bytes, byte[] copy) = Assert.Single(fixture.Log.HeldBytes);
        Assert.Equal(copy, bytes.ToArray());
        fixture.Log.ReleaseOne();
    }
}
