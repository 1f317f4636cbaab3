using System.Text;
using Client.Tests.Listening.Support;
using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

public class InterruptedPollTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    private readonly FakeTransport _cluster = new FakeTransport(new SteppedTime()).AddTopic("orders", 1);

    [Fact]
    public async Task Records_of_a_partition_revoked_during_the_poll_are_neither_returned_nor_committed()
    {
        var interruption = new AfterFirstRecord(() => _cluster.Consumers[0].Rebalance());
        await using Consumer<byte[], string> consumer = ConsumerOfTwo(interruption);
        IReadOnlyList<ConsumerRecord<byte[], string>> records = await consumer.PollAsync(TimeSpan.Zero).Limit();
        Assert.Equal(["0:a", "1:b"], records.Select(record => $"{record.Offset}:{record.Value}"));
        Assert.Equal(3, interruption.Calls);
        Assert.Equal(0, Assert.Single(_cluster.Committed).Value);
        Assert.Equal(2, consumer.Position(s_first));
    }

    [Fact]
    public async Task Records_before_a_poll_s_failure_come_with_the_next_poll()
    {
        var interruption = new AfterFirstRecord(() => _cluster.PollErrors.Enqueue(new InvalidOperationException("a rebalance listener failed")));
        await using Consumer<byte[], string> consumer = ConsumerOfTwo(interruption);
        await Assert.ThrowsAsync<InvalidOperationException>(() => consumer.PollAsync(TimeSpan.Zero).Limit());
        Assert.Equal(0, consumer.Position(s_first));
        Assert.Equal(["a", "b"], (await consumer.PollAsync(TimeSpan.Zero).Limit()).Select(record => record.Value));
        Assert.Equal(2, consumer.Position(s_first));
    }

    private Consumer<byte[], string> ConsumerOfTwo(AfterFirstRecord interruption)
    {
        _cluster.RecordsPerFetch = 1;
        _cluster.Append(s_first, null, "a"u8.ToArray());
        _cluster.Append(s_first, null, "b"u8.ToArray());
        var options = new ConsumerOptions { GroupId = "billing", AutoOffsetReset = AutoOffsetReset.Earliest };
        var consumer = new Consumer<byte[], string>(_cluster, options, valueDeserializer: interruption);
        consumer.Subscribe("orders");
        return consumer;
    }

    /// <summary>Makes something happen between the first fetch of a poll and the second.</summary>
    private sealed class AfterFirstRecord(Action happen) : IDeserializer<string>
    {
        internal int Calls { get; private set; }

        public string Deserialize(ReadOnlySpan<byte> bytes)
        {
            if (Calls++ == 0)
            {
                happen();
            }

            return Encoding.UTF8.GetString(bytes);
        }
    }
}
