using Client.Tests.Listening.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>Acknowledgments from elsewhere, too late, never, and around a rebalance.</summary>
public sealed class AcknowledgmentTests
{
    [Theory]
    [InlineData(AckMode.Manual)]
    [InlineData(AckMode.ManualImmediate)]
    public async Task An_acknowledgment_from_another_thread_is_committed_by_the_next_step(AckMode mode)
    {
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = Holding(held, mode);
        bench.WithRecords(3);
        await bench.RunUntilIdleAsync();
        Assert.Null(bench.Committed());

        await Task.Factory.StartNew(() => held[1].Acknowledge(), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await bench.RunUntilIdleAsync();
        Assert.Null(bench.Committed());

        await Task.Factory.StartNew(() => held[0].Acknowledge(), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await bench.RunUntilIdleAsync();
        Assert.Equal(2, bench.Committed());
    }

    [Fact]
    public async Task Acknowledgments_from_before_a_rebalance_are_ignored()
    {
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = Holding(held, AckMode.Manual);
        bench.WithRecords(2);
        await bench.RunUntilIdleAsync();

        bench.Consumer.Rebalance();
        await bench.RunUntilIdleAsync();
        Assert.Equal(4, held.Count);

        held[0].Acknowledge();
        await held[1].AcknowledgeAsync();
        await bench.RunUntilIdleAsync();
        Assert.Null(bench.Committed());

        held[2].Acknowledge();
        await bench.RunUntilIdleAsync();
        Assert.Equal(1, bench.Committed());
    }

    [Fact]
    public async Task Acknowledged_records_are_committed_before_partitions_are_revoked()
    {
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = Holding(held, AckMode.Manual);
        bench.WithRecords(2);
        await bench.RunUntilIdleAsync();

        held[0].Acknowledge();
        bench.Consumer.Rebalance();
        await bench.RunUntilIdleAsync();

        Assert.Equal(1, bench.Committed());
        Assert.Equal(["0@0", "0@1", "0@1"], bench.Handled);
    }

    [Fact]
    public async Task Acknowledgments_after_the_stop_are_ignored()
    {
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = Holding(held, AckMode.ManualImmediate);
        bench.WithRecords(1);
        await bench.RunUntilIdleAsync();
        await bench.StopAsync();

        held[0].Acknowledge();
        await held[0].AcknowledgeAsync();

        Assert.Null(bench.Committed());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AcknowledgeAsync_in_the_handler_completes_after_the_commit(bool yields)
    {
        ListenerBench? bench = null;
        var committed = new List<long?>();
        await using (bench = new ListenerBench(async call =>
        {
            if (yields)
            {
                await Task.Yield();
            }

            await call.Ack.AcknowledgeAsync();
            committed.Add(bench!.Committed());
        }))
        {
            bench.Settings = bench.Settings with { AckMode = AckMode.ManualImmediate };
            bench.WithRecords(3);

            await bench.RunUntilIdleAsync();

            Assert.Equal([1, 2, 3], committed);
        }
    }

    [Fact]
    public async Task AcknowledgeAsync_does_not_wait_for_an_earlier_record_that_is_open()
    {
        await using var bench = new ListenerBench(async call =>
        {
            if (call.Offset > 0)
            {
                await Task.Yield();
                await call.Ack.AcknowledgeAsync();
            }
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.ManualImmediate };
        bench.WithRecords(3);

        await bench.RunUntilIdleAsync();

        Assert.Equal(3, bench.Handled.Count);
        Assert.Null(bench.Committed());
    }

    [Fact]
    public async Task An_unacknowledged_record_is_reported_once_and_redelivered_after_a_restart()
    {
        await using ListenerBench bench = Holding([], AckMode.Manual);
        bench.WithRecords(1);
        await bench.RunUntilIdleAsync();
        bench.Time.Advance(TimeSpan.FromMilliseconds(bench.Settings.Consumer.MaxPollIntervalMs - 1));
        await bench.RunUntilIdleAsync();
        Assert.DoesNotContain(bench.Log.All, entry => entry.Level == LogLevel.Warning);

        bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        await bench.RunUntilIdleAsync();
        await bench.RunUntilIdleAsync();
        (LogLevel _, string text, _) = Assert.Single(bench.Log.All, entry => entry.Level == LogLevel.Warning);
        Assert.Contains("t-0@0", text, StringComparison.Ordinal);

        await bench.StopAsync();
        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@0"], bench.Handled);
    }

    [Fact]
    public async Task A_partition_is_paused_while_too_many_records_wait_for_an_open_one()
    {
        var held = new List<IAcknowledgment>();
        await using ListenerBench bench = Holding(held, AckMode.Manual);
        bench.Cluster.RecordsPerFetch = 500;
        bench.WithRecords(OpenRecords.MaxWaiting + 500);

        await bench.RunUntilIdleAsync();
        Assert.Equal(OpenRecords.MaxWaiting, held.Count);
        Assert.Contains(bench.Log.All, entry => entry.Text.Contains("pauses t-0", StringComparison.Ordinal));

        held.ForEach(ack => ack.Acknowledge());
        await bench.RunUntilIdleAsync();
        Assert.Equal(OpenRecords.MaxWaiting + 500, bench.Handled.Count);
        Assert.Equal(OpenRecords.MaxWaiting, bench.Committed());
    }

    [Fact]
    public async Task A_group_that_starts_at_the_end_commits_that_before_the_first_record()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Settings = bench.Settings with { Consumer = bench.Settings.Consumer with { AutoOffsetReset = AutoOffsetReset.Latest } };
        bench.WithRecords(3);

        await bench.Loop.PollOnceAsync(TimeSpan.FromSeconds(5), bench.Stop.Token);

        Assert.Equal(["commit:0@3"], bench.Trace);
    }

    private static ListenerBench Holding(List<IAcknowledgment> held, AckMode mode)
    {
        var bench = new ListenerBench(call =>
        {
            held.Add(call.Ack);
            return default;
        });
        bench.Settings = bench.Settings with { AckMode = mode };
        return bench;
    }
}
