using System.Text.Json;
using Client.Tests.Listening.Support;
using Zurau;

namespace Client.Tests.Listening;

/// <summary>
/// Handled and committed offsets against what a real Spring for Apache Kafka did
/// (golden/spring/ack-modes.jsonl).
/// </summary>
public sealed class AckModeTests
{
    [Theory]
    [InlineData("RECORD", AckMode.Record)]
    [InlineData("BATCH", AckMode.Batch)]
    [InlineData("BATCH, two partitions in one poll", AckMode.Batch)]
    [InlineData("RECORD, two partitions in one poll", AckMode.Record)]
    public async Task A_listener_without_acknowledgment_commits_as_Springs_does(string name, AckMode mode)
    {
        JsonElement trace = GoldenTrace.Find("ack-modes.jsonl", name);
        await using ListenerBench bench = BenchFor(trace, mode, _ => default);

        await bench.RunUntilIdleAsync();

        AssertSame(trace, bench);
    }

    [Theory]
    [InlineData("MANUAL, every record acknowledged", AckMode.Manual, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData("MANUAL, none acknowledged", AckMode.Manual, new int[0])]
    [InlineData("MANUAL_IMMEDIATE, every record acknowledged", AckMode.ManualImmediate, new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 })]
    [InlineData("MANUAL_IMMEDIATE, none acknowledged", AckMode.ManualImmediate, new int[0])]
    public async Task A_listener_that_acknowledges_commits_as_Springs_does(string name, AckMode mode, int[] acknowledged)
    {
        JsonElement trace = GoldenTrace.Find("ack-modes.jsonl", name);
        await using ListenerBench bench = BenchFor(trace, mode, call => Acknowledge(call, acknowledged));

        await bench.RunUntilIdleAsync();

        AssertSame(trace, bench);
    }

    [Fact]
    public async Task An_acknowledgment_that_is_called_twice_counts_once()
    {
        JsonElement trace = GoldenTrace.Find("ack-modes.jsonl", "MANUAL, the first record's ack is called twice");
        await using ListenerBench bench = BenchFor(trace, AckMode.Manual, call =>
        {
            call.Ack.Acknowledge();
            call.Ack.Acknowledge();
            return default;
        });

        await bench.RunUntilIdleAsync();

        AssertSame(trace, bench);
    }

    [Theory]
    [InlineData("MANUAL, acks in reverse order by the listener thread when the last record of the poll arrives (no asyncAcks)", AckMode.Manual, new[] { 4, 3, 2, 1, 0 })]
    [InlineData("MANUAL with asyncAcks, acked in the listener thread at the last record in the order 3,1,0,5,2,4", AckMode.Manual, new[] { 3, 1, 0, 5, 2, 4 })]
    [InlineData("MANUAL_IMMEDIATE with asyncAcks, acked in the listener thread at the last record in the order 3,1,0,5,2,4", AckMode.ManualImmediate, new[] { 3, 1, 0, 5, 2, 4 })]
    public async Task Acknowledgments_out_of_order_commit_as_Springs_out_of_order_commits_do(string name, AckMode mode, int[] order)
    {
        JsonElement trace = GoldenTrace.Find("ack-modes.jsonl", name);
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = BenchFor(trace, mode, call =>
        {
            held.Add(call.Ack);
            if (held.Count == order.Length)
            {
                Array.ForEach(order, offset => held[offset].Acknowledge());
            }

            return default;
        });

        await bench.RunUntilIdleAsync();

        AssertSame(trace, bench);
    }

    /// <summary>
    /// A difference: Spring commits past unacknowledged records, Zurau never does.
    /// </summary>
    [Theory]
    [InlineData(AckMode.Manual, new[] { 1, 3, 5, 7, 9 }, null)]
    [InlineData(AckMode.Manual, new[] { 0, 2, 4, 6, 8 }, 1L)]
    [InlineData(AckMode.Manual, new[] { 2 }, null)]
    [InlineData(AckMode.ManualImmediate, new[] { 1, 3, 5, 7, 9 }, null)]
    [InlineData(AckMode.ManualImmediate, new[] { 0, 2, 4, 6, 8 }, 1L)]
    [InlineData(AckMode.ManualImmediate, new[] { 0, 1, 3, 4, 5, 6, 7, 8, 9 }, 2L)]
    public async Task A_commit_never_passes_a_record_that_is_not_acknowledged(AckMode mode, int[] acknowledged, long? committed)
    {
        await using var bench = new ListenerBench(call => Acknowledge(call, acknowledged));
        bench.Settings = bench.Settings with { AckMode = mode };
        bench.WithRecords(10);

        await bench.RunUntilIdleAsync();
        await bench.StopAsync();

        Assert.Equal(10, bench.Handled.Count);
        Assert.Equal(committed, bench.Committed());
    }

    /// <summary>Where we differ: Spring's commits go backwards here and end at 1.</summary>
    [Fact]
    public async Task Immediate_acknowledgments_in_reverse_order_commit_once_and_everything()
    {
        var held = new List<IAcknowledgment>();
        await using var bench = new ListenerBench(call =>
        {
            held.Insert(0, call.Ack);
            if (held.Count == 5)
            {
                held.ForEach(ack => ack.Acknowledge());
            }

            return default;
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.ManualImmediate };
        bench.WithRecords(5);

        await bench.RunUntilIdleAsync();

        Assert.Equal(["commit:0@5"], bench.Trace.Where(e => e.StartsWith("commit", StringComparison.Ordinal)));
    }

    private static ValueTask Acknowledge(Call call, int[] acknowledged)
    {
        if (acknowledged.Contains((int)call.Offset))
        {
            call.Ack.Acknowledge();
        }

        return default;
    }

    private static ListenerBench BenchFor(JsonElement trace, AckMode mode, Func<Call, ValueTask> handler)
    {
        int[] records = GoldenTrace.RecordsPerPartition(trace);
        var bench = new ListenerBench(handler, records.Length);
        bench.Settings = bench.Settings with
        {
            AckMode = mode,
            Consumer = bench.Settings.Consumer with { MaxPollRecords = GoldenTrace.MaxPollRecords(trace) },
        };
        for (int partition = 0; partition < records.Length; partition++)
        {
            bench.WithRecords(records[partition], partition);
        }

        return bench;
    }

    private static void AssertSame(JsonElement trace, ListenerBench bench)
    {
        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
        Assert.Equal(
            GoldenTrace.CommittedAtEnd(trace).OrderBy(p => p.Key),
            bench.Cluster.Committed.ToDictionary(p => p.Key.Partition.Partition, p => p.Value).OrderBy(p => p.Key));
    }
}
