using Zurau.Engine.Coordination;

namespace Engine.Tests.Coordination;

public sealed class AsyncGateTests
{
    [Fact]
    public async Task Callers_are_admitted_in_the_order_of_arrival_and_no_more_wait_than_the_limit()
    {
        var gate = new AsyncGate(new Support.InlineHooks());
        Assert.True(await gate.EnterAsync());
        ValueTask<bool>[] waiting = [.. Enumerable.Range(0, AsyncGate.Limit).Select(_ => gate.EnterAsync())];
        Assert.False(await gate.EnterAsync());
        foreach (ValueTask<bool> turn in waiting)
        {
            Assert.False(turn.IsCompleted);
            gate.Exit();
            Assert.True(turn.IsCompleted);
            Assert.True(await turn);
        }

        gate.Exit();
        Assert.True(await gate.EnterAsync());
    }
}
