using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;

namespace Engine.Tests.Common;

/// <summary>
/// A duty that throws is reported and tried again; the process and the other duties go
/// on.
/// </summary>
public sealed class DutyGuardTests
{
    private const int Rounds = 1000;
    private readonly SteppedTime _time = new();
    private readonly LogLines _lines = new();
    private readonly SteppedPump _inner;
    private readonly HealthLog _health;
    private readonly GuardedDutyPump _pump;

    public DutyGuardTests()
    {
        _inner = new SteppedPump(_time);
        _health = new HealthLog(_time, _lines);
        _pump = new GuardedDutyPump(_inner, _health);
    }

    public static TheoryData<Type> Failures => [typeof(InvalidOperationException), typeof(IndexOutOfRangeException), typeof(OutOfMemoryException), typeof(OperationCanceledException)];

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_duty_that_throws_each_time_runs_a_thousand_rounds_and_the_others_make_progress(Type failure)
    {
        var failing = new FailingDuty("failing", (Exception)Activator.CreateInstance(failure)!);
        var other = new FailingDuty("other", null);
        using IDutyHandle failingHandle = _pump.Start(failing);
        using IDutyHandle otherHandle = _pump.Start(other);
        DateTimeOffset begin = _time.GetUtcNow();
        while (failing.Calls < Rounds)
        {
            _inner.Advance(RetryBackoff.LongestMs);
        }

        Assert.True(other.Calls >= Rounds);
        HealthIssue issue = Assert.Single(_health.Snapshot());
        Assert.Equal(("duty failing", Rounds), (issue.Component, (int)issue.Failures));
        Assert.Null(issue.Partition);
        Assert.Contains(failure.Name, issue.Reason);
        Assert.Equal(begin.AddMilliseconds(RetryBackoff.LongestMs), issue.Since);

        // One line a minute, the stack trace only in the first.
        int minutes = (int)(_time.GetUtcNow() - begin).TotalMinutes;
        Assert.InRange(_lines.Of(LogLevel.Error, "duty failing").Count, minutes / 2, minutes + 1);
        Assert.Single(_lines.All, static line => line.Exception is not null);

        failing.Failure = null;
        _inner.Advance(RetryBackoff.LongestMs);
        Assert.Empty(_health.Snapshot());
        Assert.Single(_lines.Of(LogLevel.Information, "Works again: duty failing"));
        int calls = failing.Calls;
        _inner.Advance(1);
        Assert.Equal(calls + 1, failing.Calls);
    }

    [Fact]
    public void The_pause_doubles_up_to_a_limit_also_if_the_duty_is_woken()
    {
        var failing = new FailingDuty("failing", new InvalidOperationException());
        using IDutyHandle handle = _pump.Start(failing);
        var pauses = new List<long>();
        long last = _time.NowMs;
        _inner.Step();
        while (pauses.Count < 9)
        {
            int calls = failing.Calls;
            handle.Wake();
            _inner.Advance(10);
            if (failing.Calls > calls)
            {
                pauses.Add(_time.NowMs - last);
                last = _time.NowMs;
            }
        }

        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000], pauses);
    }

    [Fact]
    public void A_process_that_a_simulator_ends_is_not_kept_alive()
    {
        using IDutyHandle handle = _pump.Start(new FailingDuty("dead", new ProcessEnded()));
        Assert.Throws<ProcessEnded>(_inner.Step);
        Assert.Empty(_health.Snapshot());
    }

    [Fact]
    public void A_logger_that_throws_ends_no_duty()
    {
        var health = new HealthLog(_time, _lines, static _ => throw new InvalidOperationException("no memory"));
        var failing = new FailingDuty("failing", new OutOfMemoryException());
        using IDutyHandle handle = new GuardedDutyPump(_inner, health).Start(failing);
        _inner.Step();
        _inner.Advance(RetryBackoff.FirstMs);
        Assert.Equal(2, failing.Calls);
    }

    [Fact]
    public void On_threads_a_duty_that_throws_ends_neither_the_process_nor_its_own_thread()
    {
        var pump = new GuardedDutyPump(new ThreadDutyPump(TimeProvider.System), _health);
        var failing = new FailingDuty("failing", new InvalidOperationException());
        using (pump.Start(failing))
        {
            Assert.True(SpinWait.SpinUntil(() => failing.Calls >= 3, TimeSpan.FromSeconds(30)));
            Assert.Single(_health.Snapshot());
            failing.Failure = null;
            Assert.True(SpinWait.SpinUntil(() => _health.Snapshot().Count == 0, TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public void A_stopped_duty_is_removed_from_the_issues()
    {
        IDutyHandle handle = _pump.Start(new FailingDuty("failing", new InvalidOperationException()));
        _inner.Step();
        Assert.Single(_health.Snapshot());
        handle.Dispose();
        Assert.Empty(_health.Snapshot());
    }

    private sealed class ProcessEnded : Exception, IProcessEnd;
}
