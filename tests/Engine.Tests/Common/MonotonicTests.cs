using Zurau.Engine.Common;

namespace Engine.Tests.Common;

/// <summary>A word that several threads raise ends at the largest value and never decreases.</summary>
public sealed class MonotonicTests
{
    [Theory]
    [InlineData(5, 7, 7)]
    [InlineData(5, 5, 5)]
    [InlineData(5, 3, 5)]
    public void A_word_is_raised_and_never_lowered(int before, int value, int after)
    {
        long word = before;
        int small = before;
        Assert.Equal((after, after), (Monotonic.Raise(ref word, value), Monotonic.Raise(ref small, value)));
        Assert.Equal((after, after), (word, small));
    }

    [Fact]
    public void Threads_that_raise_a_word_leave_the_largest_value()
    {
        const int Count = 10_000;
        long word = 0;
        Parallel.For(0, Count, value => Assert.True(Monotonic.Raise(ref word, value) >= value));
        Assert.Equal(Count - 1, word);
    }
}
