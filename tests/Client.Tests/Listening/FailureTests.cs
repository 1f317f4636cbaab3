using System.Text.Json;
using Client.Tests.Listening.Support;
using Microsoft.Extensions.Logging;
using Zurau;

namespace Client.Tests.Listening;

/// <summary>
/// Retries, exhaustion and not-retryable failures, against golden/spring/errors.jsonl
/// where we agree with Spring.
/// </summary>
public sealed class FailureTests
{
    /// <summary>The traces' recoverer only notes what it gets, which is our Skip.</summary>
    [Theory]
    [InlineData("DefaultErrorHandler(recoverer, FixedBackOff(0,2)), BATCH, 5 records in one poll, offset 2 always fails", AckMode.Batch, 2, new[] { 2 })]
    [InlineData("DefaultErrorHandler(recoverer, FixedBackOff(0,2)), RECORD, 5 records in one poll, offset 2 always fails", AckMode.Record, 2, new[] { 2 })]
    [InlineData("DefaultErrorHandler(recoverer, FixedBackOff(0,2)), MANUAL, 5 records in one poll, offset 2 always fails, the others acknowledged", AckMode.Manual, 2, new[] { 2 })]
    [InlineData("commitRecovered true: DefaultErrorHandler(recoverer, FixedBackOff(0,2)), MANUAL_IMMEDIATE, offset 2 always fails", AckMode.ManualImmediate, 2, new[] { 2 })]
    [InlineData("MANUAL_IMMEDIATE, commitRecovered true, FixedBackOff(0,1), the last record (offset 4) always fails", AckMode.ManualImmediate, 1, new[] { 4 })]
    [InlineData("BATCH, FixedBackOff(0,1), the last record (offset 4) always fails", AckMode.Batch, 1, new[] { 4 })]
    [InlineData("MANUAL, FixedBackOff(0,1), the last record (offset 4) always fails", AckMode.Manual, 1, new[] { 4 })]
    [InlineData("new DefaultErrorHandler(): default back off, BATCH, 3 records, offset 1 always fails", AckMode.Batch, 9, new[] { 1 })]
    [InlineData("FixedBackOff(0,0): no retry, BATCH, offset 1 of 3 fails", AckMode.Batch, 0, new[] { 1 })]
    [InlineData("two records of one partition fail (offsets 1 and 3), FixedBackOff(0,1), BATCH, 5 records", AckMode.Batch, 1, new[] { 1, 3 })]
    public async Task A_failing_record_is_retried_given_up_and_committed_as_Spring_does(string name, AckMode mode, int retries, int[] failing)
    {
        JsonElement trace = GoldenTrace.Find("errors.jsonl", name);
        await using ListenerBench bench = BenchFor(trace, mode, retries, call =>
            failing.Contains((int)call.Offset) ? new InvalidOperationException("boom") : null);

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
        Assert.Equal(failing.Length, bench.Counters.Skipped);
    }

    /// <summary>
    /// Where we differ: after a recovery Spring drops the rest of the poll and reads it
    /// again, we go on with it.
    /// </summary>
    [Fact]
    public async Task The_rest_of_a_poll_continues_after_a_record_was_given_up()
    {
        JsonElement trace = GoldenTrace.Find("errors.jsonl", "max.poll.records 2 of 6, FixedBackOff(0,1), BATCH, offset 2 always fails");
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, 1, call =>
            call.Offset == 2 ? new InvalidOperationException("boom") : null);

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace).Where(e => e.StartsWith("handle:", StringComparison.Ordinal)).Select(e => e[7..]), bench.Handled);
        Assert.Equal(GoldenTrace.CommittedAtEnd(trace)[0], bench.Committed());
    }

    [Theory]
    [InlineData("addNotRetryableExceptions(IllegalArgumentException), FixedBackOff(0,3): offset 1 throws it", "FormatException")]
    [InlineData("addNotRetryableExceptions(IllegalArgumentException), FixedBackOff(0,3): offset 1 throws a subclass (NumberFormatException)", "System.SystemException")]
    public async Task Exceptions_that_the_settings_name_are_not_retried_nor_their_subclasses(string name, string notRetryable)
    {
        JsonElement trace = GoldenTrace.Find("errors.jsonl", name);
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, 3, call => call.Offset == 1 ? new FormatException("boom") : null);
        bench.Settings = bench.Settings with { NotRetryableExceptions = [notRetryable] };

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
    }

    public static TheoryData<Exception> NeverRetried => new((Exception[])[
        new SerializationException("bad", isKey: false),
        new ListenerBindingException("missing"),
        new InvalidCastException("cast"),
        new NotRetryableException("no use"),
        new InvalidOperationException("outer", new NotRetryableException("no use")),
        new AggregateException(new InvalidOperationException("one"), new InvalidCastException("two"))]);

    [Theory]
    [MemberData(nameof(NeverRetried))]
    public async Task A_permanent_error_is_not_retried_at_any_depth_of_the_cause_chain(Exception exception)
    {
        JsonElement trace = GoldenTrace.Find("errors.jsonl", "ClassCastException is fatal by default, FixedBackOff(0,3): offset 1 throws it");
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, 3, call => call.Offset == 1 ? exception : null);

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
    }

    [Fact]
    public async Task Unlimited_retries_go_on_until_the_record_succeeds()
    {
        JsonElement trace = GoldenTrace.Find("errors.jsonl", "FixedBackOff(0, UNLIMITED): record 0 fails five times, then succeeds; max.poll.records 2 of 4");
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, -1, call =>
            call.Offset == 0 && call.Attempt <= 5 ? new InvalidOperationException("boom") : null);

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
        Assert.Equal(5, bench.Counters.Retried);
    }

    [Fact]
    public async Task Another_class_of_exception_starts_the_retries_again_as_in_Spring()
    {
        JsonElement trace = GoldenTrace.Find(
            "errors.jsonl",
            "the exception changes at every attempt (IllegalStateException, UnsupportedOperationException, ...), " +
            "resetStateOnExceptionChange true (the default), FixedBackOff(0,2), offset 1 fails 5 times, then succeeds");
        int failures = 0;
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, 2, call =>
            call.Offset != 1 || failures == 5 ? null
            : ++failures % 2 == 1 ? new InvalidOperationException("odd") : new NotSupportedException("even"));

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
    }

    [Fact]
    public async Task Another_message_of_the_same_exception_does_not_start_the_retries_again()
    {
        JsonElement trace = GoldenTrace.Find(
            "errors.jsonl", "the message of the exception changes at every attempt, its class does not; FixedBackOff(0,2), offset 1 always fails");
        int failures = 0;
        await using ListenerBench bench = BenchFor(trace, AckMode.Batch, 2, call =>
            call.Offset == 1 ? new InvalidOperationException($"message {++failures}") : null);

        await bench.RunUntilIdleAsync();

        Assert.Equal(GoldenTrace.HandledAndCommitted(trace), bench.Trace);
    }

    [Fact]
    public async Task The_delivery_attempt_counts_from_one_and_for_each_record()
    {
        var attempts = new List<string>();
        await using var bench = new ListenerBench(call =>
        {
            attempts.Add($"{call.Offset}:{call.Attempt}");
            return call.Offset == 1 && call.Attempt < 3 ? throw new InvalidOperationException("boom") : default;
        });
        bench.WithRecords(3);

        await bench.RunUntilIdleAsync();

        Assert.Equal(["0:1", "1:1", "1:2", "1:3", "2:1"], attempts);
    }

    /// <summary>
    /// Where we differ: Spring seeks the other partitions back too and handles them after
    /// the failing one.
    /// </summary>
    [Fact]
    public async Task Other_partitions_go_on_while_one_waits_for_its_back_off()
    {
        await using var bench = new ListenerBench(
            call => call is { Partition: 0, Offset: 1, Attempt: 1 } ? throw new InvalidOperationException("boom") : default, partitions: 2);
        bench.Settings = bench.Settings with { BackOffIntervalMs = 400 };
        bench.WithRecords(3, 0).WithRecords(2, 1);

        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@1", "1@0", "1@1"], bench.Handled);
        Assert.Equal((1L, 2L), (bench.Committed(0), bench.Committed(1)));

        bench.Time.Advance(TimeSpan.FromMilliseconds(399));
        await bench.RunUntilIdleAsync();
        Assert.Equal(4, bench.Handled.Count);

        bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        await bench.RunUntilIdleAsync();
        Assert.Equal(["0@0", "0@1", "1@0", "1@1", "0@1", "0@2"], bench.Handled);
        Assert.Equal(3, bench.Committed(0));
    }

    [Fact]
    public async Task OnExhausted_Stop_stops_with_the_record_uncommitted()
    {
        await using var bench = new ListenerBench(call => call.Offset == 2 ? throw new InvalidOperationException("boom") : default);
        bench.Settings = bench.Settings with { OnExhausted = OnExhausted.Stop, BackOffMaxRetries = 1 };
        bench.WithRecords(5);

        await bench.RunUntilIdleAsync();

        Assert.True(bench.Loop.HasGivenUp);
        Assert.Equal(["0@0", "0@1", "0@2", "0@2"], bench.Handled);
        Assert.Equal(2, bench.Committed());
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("STOPS", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_skipped_record_is_loud()
    {
        await using var bench = new ListenerBench(call => throw new InvalidOperationException("boom"));
        bench.Settings = bench.Settings with { OnExhausted = OnExhausted.Skip, BackOffMaxRetries = 0 };
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();

        Assert.Equal(1, bench.Committed());
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("SKIPPED", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_after_the_acknowledgment_is_logged_and_not_retried()
    {
        await using var bench = new ListenerBench(call =>
        {
            call.Ack.Acknowledge();
            throw new InvalidOperationException("too late");
        });
        bench.Settings = bench.Settings with { AckMode = AckMode.Manual };
        bench.WithRecords(2);

        await bench.RunUntilIdleAsync();

        Assert.Equal(["0@0", "0@1"], bench.Handled);
        Assert.Equal(2, bench.Committed());
        Assert.Equal(2, bench.Counters.Failed);
        Assert.Equal(0, bench.Counters.DeadLettered);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_before_or_after_an_await_is_the_same_failure(bool isAsync)
    {
        await using var bench = new ListenerBench(async call =>
        {
            if (isAsync)
            {
                await Task.Yield();
            }

            throw new InvalidOperationException("boom");
        });
        bench.Settings = bench.Settings with { OnExhausted = OnExhausted.Skip, BackOffMaxRetries = 2 };
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();

        Assert.Equal(["0@0", "0@0", "0@0"], bench.Handled);
        Assert.Equal(1, bench.Committed());
    }

    [Fact]
    public async Task A_cancellation_that_is_not_ours_is_a_failure()
    {
        await using var bench = new ListenerBench(call => call.Attempt == 1 ? throw new TaskCanceledException("an HTTP client's timeout") : default);
        bench.WithRecords(1);

        await bench.RunUntilIdleAsync();

        Assert.Equal(["0@0", "0@0"], bench.Handled);
        Assert.Equal(1, bench.Counters.Failed);
    }

    [Fact]
    public async Task Commits_that_fail_temporarily_are_retried()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Cluster.CommitErrors.Enqueue(ErrorCode.CoordinatorNotAvailable);
        bench.Cluster.CommitErrors.Enqueue(ErrorCode.CoordinatorLoadInProgress);
        bench.WithRecords(2);

        await bench.RunUntilIdleAsync();

        Assert.Equal(2, bench.Committed());
        Assert.Equal(["0@0", "0@1"], bench.Handled);
    }

    [Fact]
    public async Task A_commit_that_is_refused_is_logged_and_made_good_by_the_next_one()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Cluster.CommitErrors.Enqueue(ErrorCode.RebalanceInProgress);
        bench.WithRecords(2);

        await bench.Loop.PollOnceAsync(TimeSpan.Zero, bench.Stop.Token);
        Assert.Null(bench.Committed());
        Assert.Contains(bench.Log.All, entry => entry.Level == LogLevel.Error && entry.Text.Contains("t-0@2", StringComparison.Ordinal));

        await bench.RunUntilIdleAsync();
        Assert.Equal(2, bench.Committed());
    }

    [Fact]
    public async Task A_corrupt_read_skips_nothing()
    {
        await using var bench = new ListenerBench(_ => default);
        bench.Settings = bench.Settings with { Consumer = bench.Settings.Consumer with { MaxPollRecords = 4 } };
        bench.Cluster.RecordsPerFetch = 2;
        bench.Cluster.CorruptFetches.Enqueue(false);
        bench.Cluster.CorruptFetches.Enqueue(true);
        bench.WithRecords(6);

        Task<int> first = bench.Loop.PollOnceAsync(TimeSpan.Zero, bench.Stop.Token).AsTask();
        Assert.True(first.IsCompleted);
        await bench.RunUntilIdleAsync();

        Assert.Equal(["0@0", "0@1", "0@2", "0@3", "0@4", "0@5"], bench.Handled);
        Assert.Equal(6, bench.Committed());
    }

    private static ListenerBench BenchFor(JsonElement trace, AckMode mode, int retries, Func<Call, Exception?> failure)
    {
        var bench = new ListenerBench(call =>
        {
            if (failure(call) is { } exception)
            {
                throw exception;
            }

            if (mode is AckMode.Manual or AckMode.ManualImmediate)
            {
                call.Ack.Acknowledge();
            }

            return default;
        });
        bench.Settings = bench.Settings with
        {
            AckMode = mode,
            OnExhausted = OnExhausted.Skip,
            BackOffMaxRetries = retries,
            Consumer = bench.Settings.Consumer with { MaxPollRecords = GoldenTrace.MaxPollRecords(trace) },
        };
        return bench.WithRecords(GoldenTrace.RecordsPerPartition(trace).Single());
    }
}
