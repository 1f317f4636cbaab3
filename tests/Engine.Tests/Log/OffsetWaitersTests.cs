using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;

namespace Engine.Tests.Log;

/// <summary>
/// Every waiter for an offset is answered, regardless of concurrent events.
/// </summary>
public sealed class OffsetWaitersTests
{
    [Fact]
    public void Waiters_that_a_completion_has_taken_are_failed_with_the_others()
    {
        var hooks = new CallingHooks();
        var waiters = new OffsetWaiters(static () => 5, hooks);
        Completion[] completions = [.. Enumerable.Range(0, 4).Select(_ => new Completion(null))];
        for (int i = 0; i < completions.Length; i++)
        {
            waiters.Add(new OffsetWaiter(completions[i], 6 + i)); // Of offsets that are not reached.
        }

        // The log is closed while a completion that another thread began has them all in its hand.
        hooks.OnNext(LogPoint.WaitersTaken, () => waiters.Fail(ErrorCode.NotLeaderOrFollower));
        Assert.Equal(0, waiters.Complete());
        Assert.All(completions, static completion => Assert.True(completion.Task.IsCompletedSuccessfully && completion.Task.Result == ErrorCode.NotLeaderOrFollower));
    }

    [Fact]
    public void Waiters_that_come_after_a_failure_wait()
    {
        long reached = 5;
        var waiters = new OffsetWaiters(() => reached, null);
        var early = new Completion(null);
        waiters.Add(new OffsetWaiter(early, 6));
        waiters.Fail(ErrorCode.KafkaStorageError);
        Assert.Equal(ErrorCode.KafkaStorageError, early.Task.Result);

        var late = new Completion(null);
        waiters.Add(new OffsetWaiter(late, 6));
        waiters.Complete();
        Assert.False(late.Task.IsCompleted);
        reached = 6;
        Assert.Equal(1, waiters.Complete());
        Assert.Equal(ErrorCode.None, late.Task.Result);
    }
}
