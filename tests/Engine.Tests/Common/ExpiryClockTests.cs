using CsCheck;
using Engine.Tests.Support;
using Zurau.Engine.Common;

namespace Engine.Tests.Common;

/// <summary>What a duty believes of a wall clock that jumps.</summary>
public sealed class ExpiryClockTests
{
    private const long Interval = 300_000;
    private const long TenYears = 3650L * 24 * 3_600_000;
    private readonly SteppedTime _time = new();
    private readonly ExpiryClock _clock;
    private long _monotonicMs = 5_000;

    public ExpiryClockTests() => _clock = new ExpiryClock(_time, Interval, _monotonicMs);

    [Fact]
    public void A_clock_that_advances_is_believed_at_once()
    {
        for (int i = 0; i < 5; i++)
        {
            Pass(Interval);
            Assert.Equal(ExpiryTime.Exactly(_time.NowMs), Read());
        }
    }

    [Theory]
    [InlineData(TenYears)]
    [InlineData(-TenYears)]
    public void A_jump_that_one_check_sees_does_not_count(long jump)
    {
        Pass(Interval);
        Read();
        Pass(Interval);
        _time.Advance(jump);
        ExpiryTime now = Read();
        Assert.True(now.HasJumped);
        _time.Advance(-jump);
        Assert.Equal(_time.NowMs, jump > 0 ? now.EarliestMs : now.LatestMs);
        Pass(Interval);
        now = Read();
        Assert.Equal(_time.NowMs, jump > 0 ? now.EarliestMs : now.LatestMs);
        Pass(Interval);
        Read();
        Pass(Interval);
        Assert.Equal(ExpiryTime.Exactly(_time.NowMs), Read());
    }

    [Fact]
    public void A_jump_that_stays_counts_at_the_second_check()
    {
        Pass(Interval);
        _time.Advance(TenYears); // The machine was suspended: its monotonic clock stood still.
        Assert.Equal(_time.NowMs - TenYears, Read().EarliestMs);
        Pass(Interval);
        Assert.Equal(_time.NowMs, Read().EarliestMs);
    }

    [Fact]
    public void A_clock_that_is_set_back_counts_at_once()
    {
        Pass(Interval);
        _time.Advance(-TenYears);
        Assert.Equal(_time.NowMs, Read().EarliestMs);
    }

    [Fact]
    public void Reading_more_often_than_the_interval_confirms_nothing_early()
    {
        Pass(Interval);
        Read();
        Pass(1);
        _time.Advance(TenYears);
        for (long waited = 0; waited < Interval - 10; waited += 10)
        {
            Assert.Equal(_time.NowMs - TenYears, Read().EarliestMs);
            Pass(10);
        }
    }

    /// <summary>
    /// Whatever the clock shows for less than an interval, the true time is never exceeded;
    /// and two intervals after the last jump it is known.
    /// </summary>
    [Fact]
    public void No_jump_shorter_than_an_interval_moves_the_time_ahead() =>
        Gen.Select(Gen.Int[1, 100].Array[1, 60], Gen.Long[1, TenYears], Gen.Int[0, 59]).Sample((pauses, jump, at) =>
        {
            var time = new SteppedTime();
            long monotonic = 0;
            var clock = new ExpiryClock(time, 100, 0);
            for (int i = 0; i < pauses.Length; i++)
            {
                time.Advance(pauses[i]);
                monotonic += pauses[i];
                bool isWrong = i == at;
                time.Advance(isWrong ? jump : 0);
                ExpiryTime now = clock.Read(monotonic);
                time.Advance(isWrong ? -jump : 0);
                Assert.Equal(time.NowMs, now.EarliestMs);
            }
        });

    private void Pass(long ms)
    {
        _time.Advance(ms);
        _monotonicMs += ms;
    }

    private ExpiryTime Read() => _clock.Read(_monotonicMs);
}
