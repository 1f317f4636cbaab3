using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>What a callback of a send may do, and what would wait for the callback itself.</summary>
public sealed class CallbackTests
{
    private static readonly ProducerOptions s_atOnce = new() { LingerMs = 0 };
    private static readonly ProducerOptions s_lingering = new() { LingerMs = 1000 };

    [Fact]
    public void A_callback_may_flush_and_close_another_producer() // F18
    {
        var fixture = new ProducerFixture(s_atOnce);
        var flushed = new ProducerFixture(s_lingering);
        var closed = new ProducerFixture(s_lingering);
        flushed.Send("b");
        closed.Send("c");
        Exception? thrown = new InvalidOperationException("the callback was not called");

        fixture.Send("a", callback: (_, _) => thrown = Record.Exception(() =>
        {
            flushed.Producer.Flush();
            closed.Producer.Close(TimeSpan.FromSeconds(1));
        }));

        Assert.Null(thrown);
        Assert.Equal(["b"], flushed.Log.Values());
        Assert.Equal(["c"], closed.Log.Values());
    }

    [Fact]
    public void A_callback_that_blocks_for_its_own_producer_is_refused_with_the_way_out()
    {
        var fixture = new ProducerFixture(s_atOnce);
        Producer<int, int> shared = fixture.Producer.As<int, int>();
        Action[] calls =
        [
            fixture.Producer.Flush,
            () => fixture.Producer.Close(TimeSpan.FromSeconds(1)),
            shared.Flush,
            () => shared.Close(TimeSpan.FromSeconds(1)),
        ];

        foreach (Action call in calls)
        {
            Exception? refused = null;
            fixture.Send("a", callback: (_, _) => refused = Record.Exception(call));
            Assert.Contains("callback", Assert.IsType<InvalidOperationException>(refused).Message, StringComparison.Ordinal);
            Assert.Contains("call it from another thread", refused.Message, StringComparison.Ordinal);
        }

        fixture.Send("b");
        fixture.Producer.Flush();
        Assert.Equal(calls.Length + 1, fixture.Log.Values().Count);
    }

    [Fact]
    public void A_callback_of_another_producer_inside_it_is_refused_too()
    {
        var outer = new ProducerFixture(s_atOnce);
        var inner = new ProducerFixture(s_atOnce);
        Exception? refused = null;
        outer.Send("a", callback: (_, _) => inner.Send("b", callback: (_, _) => refused = Record.Exception(outer.Producer.Flush)));
        Assert.IsType<InvalidOperationException>(refused);
        outer.Producer.Flush();
    }

    [Fact]
    public async Task A_callback_may_begin_to_flush_and_to_close_its_own_producer_without_blocking()
    {
        var fixture = new ProducerFixture(s_atOnce);
        Task? flushed = null;
        Task? closed = null;
        fixture.Send("a", callback: (_, _) =>
        {
            flushed = fixture.Producer.FlushAsync().AsTask();
            closed = fixture.Producer.DisposeAsync().AsTask();
        });
        await flushed!.Limit();
        await closed!.Limit();
    }
}
