using System.Text;
using Client.Tests.Listening.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>
/// What a failing record does not wait for: commits and dead letters that are in flight.
/// No commit passes a record before its dead letter is written.
/// </summary>
public sealed class InFlightTests
{
    private static readonly TimeSpan s_deadLetterPause = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(AckMode.Batch)]
    [InlineData(AckMode.Manual)]
    public async Task A_retry_without_a_pause_waits_for_no_commit(AckMode mode)
    {
        await using ListenerBench bench = Bench(mode, call => call is { Offset: 1, Attempt: 1 }, retries: 9);
        var commit = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldCommits.Enqueue(commit.Task);
        bench.WithRecords(3);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(["0@0", "0@1", "0@1", "0@2"], bench.Handled);
        Assert.Null(bench.Committed());

        commit.SetResult(ErrorCode.None);
        await poll;
        await bench.RunUntilIdleAsync();
        Assert.Equal(["commit:0@1", "commit:0@3"], Commits(bench));
        Assert.DoesNotContain("seek:0@1", bench.Cluster.Events);
    }

    [Theory]
    [InlineData(AckMode.Record)]
    [InlineData(AckMode.ManualImmediate)]
    public async Task With_a_commit_for_each_record_the_next_one_waits_for_it(AckMode mode)
    {
        await using ListenerBench bench = Bench(mode, _ => false);
        var commit = new TaskCompletionSource<ErrorCode>();
        if (mode == AckMode.ManualImmediate)
        {
            // There the acknowledgment itself blocks: it is answered by then.
            commit.SetResult(ErrorCode.None);
        }

        bench.Cluster.HeldCommits.Enqueue(commit.Task);
        bench.WithRecords(2);

        Task<int> poll = PollAsync(bench);
        if (mode == AckMode.Record)
        {
            Assert.Equal(["0@0"], bench.Handled);
            commit.SetResult(ErrorCode.None);
        }

        await poll;
        Assert.Equal(["commit:0@1", "commit:0@2"], Commits(bench));
    }

    [Fact]
    public async Task The_next_poll_is_handled_while_the_commit_of_the_last_one_is_in_flight_and_no_further_one()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, _ => false);
        bench.Settings = bench.Settings with { Consumer = bench.Settings.Consumer with { MaxPollRecords = 2 } };
        var commit = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldCommits.Enqueue(commit.Task);
        bench.WithRecords(6);

        await PollAsync(bench);
        Task<int> second = PollAsync(bench);
        Assert.False(second.IsCompleted);
        Assert.Equal(["0@0", "0@1", "0@2", "0@3"], bench.Handled);
        Assert.Null(bench.Committed());

        commit.SetResult(ErrorCode.None);
        await second;
        await bench.RunUntilIdleAsync();
        Assert.Equal(["commit:0@2", "commit:0@4", "commit:0@6"], Commits(bench));
    }

    [Fact]
    public async Task A_commit_in_flight_that_fails_temporarily_ends_the_wait_for_records_and_is_repeated()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, _ => false);
        var commit = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldCommits.Enqueue(commit.Task);
        bench.WithRecords(2);
        await PollAsync(bench);

        Task<int> idle = bench.Loop.PollOnceAsync(TimeSpan.FromMinutes(1), bench.Stop.Token).AsTask();
        Assert.False(idle.IsCompleted);
        commit.SetResult(ErrorCode.CoordinatorLoadInProgress);

        Assert.Equal(0, await idle); // Without that its minute passes.
        Assert.Equal(2, bench.Committed());
    }

    [Fact]
    public async Task Stopping_waits_for_the_commit_in_flight_and_commits_the_rest()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, _ => false);
        var commit = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldCommits.Enqueue(commit.Task);
        bench.WithRecords(2);
        await PollAsync(bench);

        Task stopping = bench.StopAsync();
        Assert.False(stopping.IsCompleted);
        commit.SetResult(ErrorCode.None);

        await stopping;
        Assert.Equal(2, bench.Committed());
    }

    [Theory]
    [InlineData(AckMode.Batch)]
    [InlineData(AckMode.Manual)]
    public async Task Records_after_a_dead_letter_in_flight_are_handled_and_none_is_committed(AckMode mode)
    {
        await using ListenerBench bench = Bench(mode, call => call.Offset is 1 or 3);
        var first = new TaskCompletionSource<ErrorCode>();
        var second = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldAppends.Enqueue(first.Task);
        bench.Cluster.HeldAppends.Enqueue(second.Task);
        bench.WithRecords(5);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(["0@0", "0@1", "0@2", "0@3", "0@4"], bench.Handled);
        Assert.Equal(1, bench.Committed());

        first.SetResult(ErrorCode.None);
        Assert.False(poll.IsCompleted);
        second.SetResult(ErrorCode.None);
        await poll;
        await bench.RunUntilIdleAsync();
        Assert.Equal(5, bench.Committed());
        Assert.Equal(["k1", "k3"], Letters(bench));
        Assert.Equal(2, bench.Counters.DeadLettered);
    }

    [Theory]
    [InlineData(AckMode.Record)]
    [InlineData(AckMode.ManualImmediate)]
    public async Task With_a_commit_for_each_record_the_next_one_waits_for_a_dead_letter(AckMode mode)
    {
        await using ListenerBench bench = Bench(mode, call => call.Offset == 1);
        var letter = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldAppends.Enqueue(letter.Task);
        bench.WithRecords(3);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(["0@0", "0@1"], bench.Handled);
        Assert.Equal(1, bench.Committed());

        letter.SetResult(ErrorCode.None);
        await poll;
        Assert.Equal(["commit:0@1", "commit:0@2", "commit:0@3"], Commits(bench));
    }

    [Theory]
    [InlineData(AckMode.Batch)]
    [InlineData(AckMode.Manual)]
    public async Task A_dead_letter_in_flight_that_is_not_written_brings_its_record_and_those_after_it_again(AckMode mode)
    {
        await using ListenerBench bench = Bench(mode, call => call.Offset is 1 or 3);
        var first = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldAppends.Enqueue(first.Task);
        bench.WithRecords(5);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(5, bench.Handled.Count);
        first.SetResult(ErrorCode.KafkaStorageError);
        await poll;
        await bench.RunUntilIdleAsync();
        Assert.Equal(1, bench.Committed());
        Assert.Equal(5, bench.Handled.Count);
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("could not be written", StringComparison.Ordinal));

        bench.Time.Advance(s_deadLetterPause);
        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@1", "0@2", "0@3", "0@4"], bench.Handled.Skip(5));
        Assert.Equal(5, bench.Committed());
        Assert.Equal(["k3", "k1", "k3"], Letters(bench)); // The second one had been written already.
    }

    [Fact]
    public async Task The_other_partitions_are_committed_when_a_dead_letter_is_not_written()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, call => call is { Partition: 0, Offset: 0 }, partitions: 2);
        bench.Cluster.HeldAppends.Enqueue(Task.FromResult(ErrorCode.KafkaStorageError));
        bench.WithRecords(2, 0).WithRecords(3, 1);

        await bench.RunUntilIdleAsync();

        Assert.Equal(((long?)null, 3L), (bench.Committed(0), bench.Committed(1)));
    }

    /// <summary>
    /// The retry in place and the return to the earlier record coincide; then only the
    /// return counts, or the commit would pass the record whose dead letter failed.
    /// </summary>
    [Fact]
    public async Task A_record_is_not_repeated_in_place_after_an_earlier_dead_letter_failed()
    {
        var letter = new TaskCompletionSource<ErrorCode>();
        ListenerBench? bench = null;
        bench = Bench(AckMode.Batch, call =>
        {
            if (call.Offset == 0)
            {
                throw new NotRetryableException("boom");
            }

            letter.TrySetResult(ErrorCode.KafkaStorageError);
            Thread.Yield();
            return !bench!.Log.All.Any(entry => entry.Text.Contains("could not be written", StringComparison.Ordinal));
        }, retries: -1);
        await using ListenerBench _ = bench;
        bench.Cluster.HeldAppends.Enqueue(letter.Task);
        bench.WithRecords(2);

        await bench.RunUntilIdleAsync();
        Assert.Null(bench.Committed());

        bench.Time.Advance(s_deadLetterPause);
        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@1"], bench.Handled.TakeLast(2));
        Assert.Equal(["k0"], Letters(bench));
        Assert.Equal(2, bench.Committed());
    }

    [Fact]
    public async Task A_stop_waits_for_the_dead_letters_in_flight_and_commits_them()
    {
        ListenerBench? bench = null;
        bench = Bench(AckMode.Batch, call =>
        {
            if (call.Offset == 1)
            {
                bench!.Stop.Cancel();
            }

            return call.Offset == 0;
        });
        await using ListenerBench _ = bench;
        var letter = new TaskCompletionSource<ErrorCode>();
        bench.Cluster.HeldAppends.Enqueue(letter.Task);
        bench.WithRecords(3);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(["0@0", "0@1"], bench.Handled);
        Assert.False(poll.IsCompleted);
        letter.SetResult(ErrorCode.None);
        await poll;
        await bench.StopAsync();

        Assert.Equal(2, bench.Committed());
        Assert.Equal(["k0"], Letters(bench));
    }

    [Fact]
    public async Task Dead_letters_that_take_much_memory_are_settled_before_the_next_record()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, call => call.Offset < 2);
        TaskCompletionSource<ErrorCode>[] letters = [new(), new()];
        bench.Cluster.RecordsPerFetch = 1;
        foreach (TaskCompletionSource<ErrorCode> letter in letters)
        {
            bench.Cluster.HeldAppends.Enqueue(letter.Task);
            bench.Append("k", new string('v', (int)(FailureHandler.MaxInFlightBytes / 2)));
        }

        bench.WithRecords(1);

        Task<int> poll = PollAsync(bench);
        Assert.Equal(["0@0", "0@1"], bench.Handled);
        letters[0].SetResult(ErrorCode.None);
        letters[1].SetResult(ErrorCode.None);
        await poll;
        Assert.Equal(["0@0", "0@1", "0@2"], bench.Handled);
    }

    [Fact]
    public async Task Retries_in_place_are_bounded_so_that_other_partitions_go_on()
    {
        await using ListenerBench bench = Bench(AckMode.Batch, call => call.Partition == 0, retries: -1, partitions: 2);
        bench.Settings = bench.Settings with
        {
            Consumer = bench.Settings.Consumer with { MaxPollRecords = 3 },
        };
        bench.WithRecords(1, 0).WithRecords(2, 1);

        await PollAsync(bench);

        Assert.Equal(["0@0", "0@0", "0@0", "0@0", "1@0", "1@1"], bench.Handled);
        Assert.Equal(2, bench.Committed(1));
    }

    /// <summary>Throws if <paramref name="fails"/> returns true; acknowledges in the manual modes.</summary>
    private static ListenerBench Bench(AckMode mode, Func<Call, bool> fails, int retries = 0, int partitions = 1)
    {
        var bench = new ListenerBench(
            call =>
            {
                if (fails(call))
                {
                    throw new InvalidOperationException("boom");
                }

                if (mode is AckMode.Manual or AckMode.ManualImmediate)
                {
                    call.Ack.Acknowledge();
                }

                return default;
            },
            partitions);
        bench.Settings = bench.Settings with { AckMode = mode, BackOffMaxRetries = retries };
        return bench;
    }

    private static Task<int> PollAsync(ListenerBench bench) => bench.Loop.PollOnceAsync(TimeSpan.Zero, bench.Stop.Token).AsTask();

    private static IEnumerable<string> Commits(ListenerBench bench) => bench.Trace.Where(e => e.StartsWith("commit:", StringComparison.Ordinal));

    private static IEnumerable<string> Letters(ListenerBench bench) => bench.Cluster.Records("t-dlt").Select(letter => Encoding.UTF8.GetString(letter.Key!));
}
