using Client.Tests.Listening.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>
/// The running container: start, wake-ups, stop. Real threads, a clock that stands
/// still.
/// </summary>
public sealed class ListenerContainerTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_handles_what_is_there_and_what_comes()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.WithRecords(2);
        ListenerContainer container = await StartAsync(bench);

        await UntilAsync(() => bench.Committed() == 2);
        bench.Append("k", "v");
        await UntilAsync(() => bench.Committed() == 3);

        Assert.True(container.IsRunning);
        Assert.Equal([new TopicPartition("t", 0)], container.Assignment);
        Assert.Equal(3, container.RecordsHandled);
        await container.StopAsync();
        Assert.False(container.IsRunning);
        Assert.True(bench.Consumer.IsClosed);
    }

    [Fact]
    public async Task An_acknowledgment_from_elsewhere_wakes_the_idle_listener()
    {
        IAcknowledgment? held = null;
        await using var bench = new ListenerBench(call =>
        {
            Volatile.Write(ref held, call.Ack);
            return default;
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.ManualImmediate };
        bench.WithRecords(1);
        ListenerContainer container = await StartAsync(bench);
        await UntilAsync(() => Volatile.Read(ref held) is not null && container.RecordsHandled == 1);

        await held!.AcknowledgeAsync().AsTask().WaitAsync(s_patience);

        Assert.Equal(1, bench.Committed());
        await container.StopAsync();
    }

    [Fact]
    public async Task A_stop_lets_the_record_in_hand_finish_commits_it_and_begins_no_other()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        CancellationToken token = default;
        await using var bench = new ListenerBench(async call =>
        {
            token = call.Invocation.CancellationToken;
            entered.SetResult();
            await release.Task;
        });
        bench.WithRecords(3);
        ListenerContainer container = await StartAsync(bench);
        await entered.Task.WaitAsync(s_patience);

        Task stopping = container.StopAsync();
        Assert.True(token.IsCancellationRequested);
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        await stopping.WaitAsync(s_patience);

        Assert.Equal(["0@0"], bench.Handled);
        Assert.Equal(1, bench.Committed());
        Assert.True(bench.Consumer.IsClosed);
    }

    [Fact]
    public async Task A_handler_that_is_cancelled_by_the_stop_has_neither_failed_nor_been_attempted()
    {
        var entered = new TaskCompletionSource();
        await using var bench = new ListenerBench(async call =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, call.Invocation.CancellationToken);
        });
        bench.WithRecords(1);
        ListenerContainer container = await StartAsync(bench);
        await entered.Task.WaitAsync(s_patience);

        await container.StopAsync().WaitAsync(s_patience);

        Assert.Null(bench.Committed());
        Assert.Equal((0, 0, 0), (container.RecordsFailed, container.RecordsRetried, container.RecordsHandled));
    }

    [Fact]
    public async Task A_handler_that_does_not_come_back_is_left_after_the_shutdown_timeout()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var bench = new ListenerBench(async _ =>
        {
            entered.TrySetResult();
            await release.Task;
        });
        bench.WithRecords(1);
        ListenerContainer container = await StartAsync(bench);
        await entered.Task.WaitAsync(s_patience);

        Task stopping = container.StopAsync();
        bench.Time.Advance(bench.Settings.ShutdownTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(stopping.IsCompleted);
        bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        await stopping.WaitAsync(s_patience);

        Assert.Null(bench.Committed());
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("no longer waited for", StringComparison.Ordinal));
        release.SetResult();
        await UntilAsync(() => !container.IsRunning);
    }

    [Fact]
    public async Task A_stopped_listener_starts_again_where_it_was()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.WithRecords(2);
        ListenerContainer container = await StartAsync(bench);
        await UntilAsync(() => bench.Committed() == 2);
        await container.StopAsync();
        bench.Append("k", "v");

        await container.StartAsync();
        await UntilAsync(() => bench.Committed() == 3);

        Assert.Equal(["0@0", "0@1", "0@2"], bench.Handled);
        await container.StopAsync();
    }

    [Fact]
    public async Task OnExhausted_Stop_ends_the_container_and_leaves_the_group()
    {
        await using var bench = new ListenerBench(_ => throw new InvalidOperationException("boom"));
        bench.Settings = bench.Settings with { OnExhausted = OnExhausted.Stop };
        bench.WithRecords(1);
        ListenerContainer container = await StartAsync(bench);

        await UntilAsync(() => !container.IsRunning);

        Assert.Null(bench.Committed());
        Assert.True(bench.Consumer.IsClosed);
    }

    [Fact]
    public async Task A_read_that_fails_temporarily_is_retried()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Cluster.PollErrors.Enqueue(new KafkaException(ErrorCode.KafkaStorageError, "scripted"));
        bench.WithRecords(1);
        ListenerContainer container = await StartAsync(bench);
        await UntilAsync(() => bench.Log.All.Any(entry => entry.Text.Contains("cannot read", StringComparison.Ordinal)));

        await UntilAsync(() =>
        {
            bench.Time.Advance(TimeSpan.FromSeconds(1));
            return bench.Committed() == 1;
        });
        await container.StopAsync();
    }

    [Fact]
    public async Task A_read_that_cannot_work_ends_the_container_loudly()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Cluster.PollErrors.Enqueue(new KafkaException(ErrorCode.OffsetOutOfRange, "no offset and auto.offset.reset=none"));
        ListenerContainer container = await StartAsync(bench);

        await UntilAsync(() => !container.IsRunning);

        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Critical);
    }

    private static async Task<ListenerContainer> StartAsync(ListenerBench bench)
    {
        var container = new ListenerContainer(bench.Method, bench.Settings, bench.Cluster, bench.Services, bench.Log);
        await container.StartAsync().WaitAsync(s_patience);
        return container;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
