using System.Text.Json;
using Client.Tests.Listening.Support;
using Zurau;

namespace Client.Tests.Listening;

/// <summary>
/// Nack: this record and what follows it in its partition come again after the delay.
/// </summary>
public sealed class NackTests
{
    [Theory]
    [InlineData("record listener, MANUAL, nack(500 ms) once on offset 2 of 5 in one poll, the others acknowledged", AckMode.Manual)]
    [InlineData("record listener, MANUAL_IMMEDIATE, nack(500 ms) once on offset 2 of 5 in one poll, the others acknowledged", AckMode.ManualImmediate)]
    [InlineData("record listener, MANUAL, max.poll.records 5 of 10, nack(500 ms) once on offset 2, others acknowledged: the rest of the poll is dropped and fetched again", AckMode.Manual)]
    public async Task A_nack_commits_waits_and_delivers_again_as_Springs_does(string name, AckMode mode)
    {
        JsonElement trace = GoldenTrace.Find("ack-modes.jsonl", name);
        await using ListenerBench bench = Bench(mode, nackOnce: (0, 2));
        bench.Settings = bench.Settings with { Consumer = bench.Settings.Consumer with { MaxPollRecords = GoldenTrace.MaxPollRecords(trace) } };
        bench.WithRecords(GoldenTrace.RecordsPerPartition(trace)[0]);

        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@1", "0@2"], bench.Handled);
        bench.Time.Advance(TimeSpan.FromMilliseconds(500));
        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
    }

    /// <summary>Where we differ: Spring pauses every partition.</summary>
    [Fact]
    public async Task Only_the_partition_of_the_record_waits()
    {
        await using ListenerBench bench = Bench(AckMode.Manual, nackOnce: (0, 1), partitions: 2);
        bench.WithRecords(3, 0).WithRecords(3, 1);

        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@1", "1@0", "1@1", "1@2"], bench.Handled);
        Assert.Equal((1L, 3L), (bench.Committed(0), bench.Committed(1)));
        Assert.Equal([new TopicPartition("t", 0)], bench.Consumer.Paused);

        bench.Time.Advance(TimeSpan.FromMilliseconds(499));
        await bench.RunUntilIdleAsync();
        Assert.Equal(5, bench.Handled.Count);

        bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@1", "0@2"], bench.Handled.Skip(5));
        Assert.Equal(3, bench.Committed(0));
        Assert.Empty(bench.Consumer.Paused);
    }

    [Fact]
    public async Task A_nack_is_not_an_attempt_and_an_acknowledgment_after_it_has_no_effect()
    {
        var attempts = new List<int>();
        await using var bench = new ListenerBench(call =>
        {
            attempts.Add(call.Attempt);
            if (attempts.Count == 1)
            {
                call.Ack.Nack(TimeSpan.Zero);
            }

            call.Ack.Acknowledge();
            return default;
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.Manual };
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();

        Assert.Equal([1, 1], attempts);
        Assert.Equal(1, bench.Committed());
        Assert.Equal(0, bench.Counters.Failed);
    }

    [Fact]
    public async Task A_nack_after_the_handler_returned_is_refused()
    {
        IAcknowledgment? held = null;
        await using var bench = new ListenerBench(call =>
        {
            held = call.Ack;
            return default;
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.Manual };
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();

        Assert.Throws<InvalidOperationException>(() => held!.Nack(TimeSpan.Zero));
    }

    private static ListenerBench Bench(AckMode mode, (int Partition, int Offset) nackOnce, int partitions = 1)
    {
        bool isNacked = false;
        var bench = new ListenerBench(
            call =>
            {
                if (!isNacked && (call.Partition, call.Offset) == nackOnce)
                {
                    isNacked = true;
                    call.Ack.Nack(TimeSpan.FromMilliseconds(500));
                }
                else
                {
                    call.Ack.Acknowledge();
                }

                return default;
            },
            partitions);
        bench.Settings = bench.Settings with { AckMode = mode };
        return bench;
    }
}
