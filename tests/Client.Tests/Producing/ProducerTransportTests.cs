using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>The producer over a transport that takes records and not batches.</summary>
public sealed class ProducerTransportTests
{
    private readonly RecordTransport _transport = new();

    [Fact]
    public async Task Records_reach_the_transport_serialized_and_results_come_back()
    {
        await using Producer<string?, string?> producer = Create();
        var time = DateTimeOffset.FromUnixTimeMilliseconds(1234);
        var results = new List<(long Offset, Exception? Error)>();

        RecordMetadata metadata = await producer.SendAsync(new ProducerRecord<string?, string?>("orders", "k", "v") { Partition = 2, Timestamp = time, Headers = new Headers().Add("h", "1") }).Limit();
        producer.Send(new ProducerRecord<string?, string?>("orders", null, null), (sent, error) => results.Add((sent.Offset, error)));
        producer.Send(new ProducerRecord<string?, string?>("orders", "", "no callback"));

        Assert.Equal(new RecordMetadata(new TopicPartition("orders", 2), 42, time), metadata);
        Assert.Equal([(42, null)], results);
        Assert.Equal(
            [
                "orders-2 k=v at 1234, headers: 1, awaited: True",
                "orders-any null=null at 1700000000000, headers: 0, awaited: False",
                "orders-any =no callback at 1700000000000, headers: 0, awaited: False",
            ],
            _transport.Events);
        Assert.Equal(4, await producer.PartitionCountAsync("orders").Limit());
    }

    [Fact]
    public async Task A_value_that_a_serializer_of_the_application_writes_reaches_the_transport_too()
    {
        await using var producer = new Producer<string?, Order>(_transport, new ProducerOptions());
        await producer.SendAsync(new ProducerRecord<string?, Order>("orders", "k", new Order("book"))).Limit();
        Assert.StartsWith("orders-any k={\"", Assert.Single(_transport.Events), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_transport_is_what_the_send_throws_and_the_callback_receives()
    {
        var error = new KafkaException(ErrorCode.TopicAuthorizationFailed, "not allowed");
        _transport.Fails = _ => error;
        await using Producer<string?, string?> producer = Create();
        Exception? received = null;

        producer.Send(new ProducerRecord<string?, string?>("orders", null, "a"), (_, thrown) => received = thrown);

        Assert.Same(error, received);
        Assert.Same(error, await Assert.ThrowsAsync<KafkaException>(() => producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "b")).Limit()));
    }

    [Fact]
    public async Task A_send_waits_until_the_transport_has_room()
    {
        _transport.Room = 0;
        await using Producer<string?, string?> producer = Create();
        Task<RecordMetadata> send = producer.SendAsync(new ProducerRecord<string?, string?>("orders", "k", "v")).AsTask();
        Assert.False(send.IsCompleted);

        _transport.MakeRoom();

        Assert.Equal(42, (await send.Limit()).Offset);
        Assert.Single(_transport.Events);
        Assert.Equal(0, _transport.BlockedCount);
    }

    [Fact]
    public async Task A_send_that_gives_up_waiting_gives_back_its_place()
    {
        _transport.Room = 0;
        await using Producer<string?, string?> producer = Create();
        using var cancellation = new CancellationTokenSource();
        Task<RecordMetadata> send = producer.SendAsync(new ProducerRecord<string?, string?>("orders", "k", "v"), cancellation.Token).AsTask();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send.Limit());
        Assert.Empty(_transport.Events);
        Assert.Equal(0, _transport.BlockedCount);
    }

    [Fact]
    public async Task A_blocking_send_continues_when_there_is_room()
    {
        _transport.Room = 0;
        await using Producer<string?, string?> producer = Create();
        var sender = new Thread(() => producer.Send(new ProducerRecord<string?, string?>("orders", "k", "v")));
        sender.Start();
        Within.Until(() => _transport.BlockedCount == 1 && sender.ThreadState.HasFlag(ThreadState.WaitSleepJoin), "the wait for room");
        _transport.MakeRoom();
        Within.Until(() => sender.Join(0), "the end of the send");
        Assert.Equal(0, _transport.BlockedCount);
    }

    [Fact]
    public async Task Transactions_and_the_end_of_a_producer_are_calls_of_its_transport()
    {
        await using (Producer<string?, string?> producer = Create())
        {
            var offsets = new[] { KeyValuePair.Create(new TopicPartition("orders", 0), new OffsetAndMetadata(1)) };
            await producer.ExecuteInTransactionAsync(async token =>
            {
                producer.Send(new ProducerRecord<string?, string?>("orders", "k", "1") { Timestamp = DateTimeOffset.UnixEpoch });
                await producer.SendOffsetsToTransactionAsync(offsets, new ConsumerGroupMetadata("billing", 1, "m"), token);
            }).Limit();
            await Assert.ThrowsAsync<FormatException>(() => producer.ExecuteInTransactionAsync(_ => throw new FormatException()).Limit());
            await producer.FlushAsync().Limit();
            await using Producer<int, int> other = producer.As<int, int>();
        }

        Assert.Equal(
            ["init", "begin", "orders-any k=1 at 0, headers: 0, awaited: False", "offsets of billing: 1", "commit", "begin", "abort", "flush", "flush", "close -0.001 s"],
            _transport.Events);
    }

    private Producer<string?, string?> Create() => new(_transport, new ProducerOptions { TransactionalId = "bills" });

    internal sealed record Order(string Name);
}
