using System.Collections.Concurrent;
using Client.Tests.Support;
using Zurau;
using Zurau.Engine.Records.Compression;

namespace Client.Tests.Producing;

/// <summary>Many threads on one producer over the real engine.</summary>
public class ProducerConcurrencyTests
{
    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Each_senders_records_keep_their_order_and_results_are_dense(Acks acks)
    {
        const int Senders = 6;
        const int Each = 3000;
        await using var fixture = new EmbeddedFixture();
        await fixture.CreateTopicAsync(2);
        await using var producer = new Producer<int, string>(fixture.Transport, new ProducerOptions { Acks = acks, BatchSize = 700, LingerMs = 1, BufferMemory = 20_000 });
        var offsets = new ConcurrentBag<(int Partition, long Offset)>[Senders];
        var errors = new ConcurrentQueue<Exception>();
        Thread[] senders = [.. Enumerable.Range(0, Senders).Select(sender => new Thread(() =>
        {
            offsets[sender] = [];
            for (int i = 0; i < Each; i++)
            {
                var record = new ProducerRecord<int, string>("orders", sender, $"{i}") { Partition = sender % 2 };
                if (i % 97 == 0)
                {
                    RecordMetadata metadata = producer.SendAsync(record).AsTask().GetAwaiter().GetResult();
                    offsets[sender].Add((metadata.TopicPartition.Partition, metadata.Offset));
                    continue;
                }

                producer.Send(record, (metadata, error) =>
                {
                    offsets[sender].Add((metadata.TopicPartition.Partition, metadata.Offset));
                    if (error is not null)
                    {
                        errors.Enqueue(error);
                    }
                });
            }
        }))];
        Array.ForEach(senders, sender => sender.Start());
        Array.ForEach(senders, sender => sender.Join());
        await producer.FlushAsync().Limit();
        Assert.Empty(errors);
        Assert.Equal(0, producer.BufferedBytes);

        await using var consumer = new Consumer<int, string>(fixture.Transport, EmbeddedFixture.Earliest(null));
        consumer.Assign(new TopicPartition("orders", 0), new TopicPartition("orders", 1));
        var next = new int[Senders];
        int read = 0;
        while (read < Senders * Each)
        {
            IReadOnlyList<ConsumerRecord<int, string>> records = await consumer.PollAsync(EmbeddedFixture.Soon).Limit();
            Assert.NotEmpty(records);
            foreach (ConsumerRecord<int, string> record in records)
            {
                Assert.Equal($"{next[record.Key]++}", record.Value);
                read++;
            }
        }

        foreach (IGrouping<int, (int Partition, long Offset)> partition in offsets.SelectMany(some => some).GroupBy(some => some.Partition))
        {
            Assert.Equal(Enumerable.Range(0, Senders / 2 * Each).Select(offset => (long)offset), partition.Select(some => some.Offset).Order());
        }
    }

    [Fact]
    public async Task Callbacks_of_a_partition_come_one_at_a_time_and_in_offset_order()
    {
        await using var fixture = new EmbeddedFixture();
        await using var producer = new Producer<Null?, string>(fixture.Transport, new ProducerOptions { Acks = Acks.All, BatchSize = 300, LingerMs = 0 });
        long last = -1;
        int inside = 0;
        bool isOrdered = true;
        Thread[] senders = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 2000; i++)
            {
                producer.Send(new ProducerRecord<Null?, string>("orders", null, "v"), (metadata, _) =>
                {
                    isOrdered &= Interlocked.Increment(ref inside) == 1 && metadata.Offset == last + 1;
                    last = metadata.Offset;
                    Interlocked.Decrement(ref inside);
                });
            }
        }))];
        Array.ForEach(senders, sender => sender.Start());
        Array.ForEach(senders, sender => sender.Join());
        await producer.FlushAsync().Limit();
        Assert.True(isOrdered);
        Assert.Equal(7999, last);
    }

    [Fact]
    public async Task Lingering_batches_are_sent_by_the_duty_without_a_flush()
    {
        await using var fixture = new EmbeddedFixture();
        await using var producer = new Producer<Null?, string>(fixture.Transport, new ProducerOptions { LingerMs = 2 });
        for (int i = 0; i < 200; i++)
        {
            var sent = new TaskCompletionSource();
            producer.Send(new ProducerRecord<Null?, string>("orders", null, "v"), (_, _) => sent.SetResult());
            await sent.Task.Limit();
        }
    }

    [Theory]
    [InlineData(CompressionType.None, 20)]
    [InlineData(CompressionType.Lz4, 30)]
    public async Task Raw_bytes_are_sent_without_an_allocation_per_record(CompressionType type, int rounds)
    {
        const int Records = 20_000;
        await using var fixture = new EmbeddedFixture();
        await using var producer = new Producer<byte[]?, byte[]>(fixture.Transport, new ProducerOptions { Acks = Acks.Leader, CompressionType = type });
        var record = new ProducerRecord<byte[]?, byte[]>("orders", null, new byte[100]);
        double least = double.MaxValue;

        // The best round is decisive: buffers grow slowly with the compression ratio, and on a
        // busy machine batches accumulate while a thread is suspended.
        for (int round = 0; round < rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Records; i++)
            {
                producer.Send(record);
            }

            least = Math.Min(least, (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Records);
        }

        Assert.InRange(least, 0, 12);
    }
}
