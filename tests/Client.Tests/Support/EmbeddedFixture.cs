using Zurau;
using Zurau.Embedded;
using Zurau.Engine;
using Zurau.Engine.Storage;

namespace Client.Tests.Support;

/// <summary>
/// An embedded engine in memory with producers and consumers of strings; real time,
/// real threads.
/// </summary>
internal sealed class EmbeddedFixture : IAsyncDisposable
{
    internal static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    internal EmbeddedFixture(BrokerOptions? options = null, IStorage? storage = null)
    {
        Transport = EmbeddedTransport.Open(
            storage ?? new MemoryStorage(),
            new ZurauOptions { Embedded = options ?? new BrokerOptions() },
            Lines);
        Producer = new Producer<string?, string?>(Transport, new ProducerOptions { Acks = Acks.Leader, LingerMs = 0 }, loggerFactory: Lines);
    }

    internal LogLines Lines { get; } = new();

    internal EmbeddedTransport Transport { get; }

    internal Producer<string?, string?> Producer { get; }

    internal static ConsumerOptions Earliest(string? group = "billing") =>
        new() { GroupId = group, AutoOffsetReset = AutoOffsetReset.Earliest, EnableAutoCommit = false, FetchMaxWaitMs = 50 };

    internal Consumer<string?, string?> Consumer(ConsumerOptions? options = null) => new(Transport, options ?? Earliest(), loggerFactory: Lines);

    internal Task CreateTopicAsync(int partitions, string topic = "orders") => Transport.Admin.CreateTopicAsync(new NewTopic(topic, partitions));

    /// <summary>Subscribes to topic orders, or assigns its partition 0.</summary>
    internal static void Begin(Consumer<string?, string?> consumer, bool isSubscribed)
    {
        if (isSubscribed)
        {
            consumer.Subscribe("orders");
        }
        else
        {
            consumer.Assign(new TopicPartition("orders", 0));
        }
    }

    /// <summary>Deletes topic orders and creates it again with one partition and these records.</summary>
    internal async Task RecreateAsync(params string[] values)
    {
        await Transport.Admin.DeleteTopicAsync("orders");
        await CreateTopicAsync(1);
        await SendAsync(0, values);
    }

    internal async Task SendAsync(int partition, params string[] values)
    {
        foreach (string value in values)
        {
            await Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, value) { Partition = partition }).Limit();
        }
    }

    /// <summary>Polls until so many records came.</summary>
    internal static async Task<List<ConsumerRecord<string?, string?>>> ReadAsync(Consumer<string?, string?> consumer, int count)
    {
        var records = new List<ConsumerRecord<string?, string?>>();
        long deadline = Environment.TickCount64 + (long)Soon.TotalMilliseconds;
        while (records.Count < count)
        {
            Assert.True(Environment.TickCount64 < deadline, $"{records.Count} of {count} records came");
            records.AddRange(await consumer.PollAsync(TimeSpan.FromSeconds(1)).Limit());
        }

        Assert.Equal(count, records.Count);
        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await Transport.DisposeAsync();
    }
}
