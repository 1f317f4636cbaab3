using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>
/// When transactional ids are forgotten (<c>transactional.id.expiration.ms</c>, seven
/// days; checked each hour).
/// </summary>
public sealed class TransactionalIdExpiryTests : IDisposable
{
    private const int Hour = 3_600_000;
    private const int Day = 24 * Hour;
    private const long TenYears = 3650L * Day;
    private readonly BrokerLife _life = new();

    public TransactionalIdExpiryTests() => Assert.Equal(ErrorCode.None, new TransactionalClient(_life, "billing").Init());

    private bool IsKnown => _life.Broker.Transactions.Describe("billing") is not null;

    public void Dispose() => _life.Dispose();

    [Fact]
    public void An_id_expires_although_its_process_restarts_every_day() // T16
    {
        for (int day = 0; day < 6; day++)
        {
            _life.Advance(Day);
            _life.Restart(isClean: day % 2 == 0);
            _life.Advance(2 * Hour);
            Assert.True(IsKnown);
        }

        _life.Time.Advance(Day);
        _life.Restart(isClean: true);
        Assert.True(IsKnown);
        _life.Advance(Hour);
        _life.Advance(Hour);
        Assert.False(IsKnown);
        _life.Restart(isClean: true);
        Assert.False(IsKnown);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_wall_clock_that_is_ten_years_ahead_at_one_check_expires_nothing(bool isRestarted) // T16
    {
        Restart(isRestarted);
        _life.Advance(Hour);
        _life.Time.StepWall(TenYears);
        _life.Advance(Hour);
        _life.Time.StepWall(-TenYears);
        _life.Advance(Hour);
        _life.Advance(Hour);
        Assert.True(IsKnown);
    }

    [Fact]
    public void A_restored_id_expires_within_two_checks_of_a_clock_that_really_advanced() // T16
    {
        Restart(true);
        _life.Advance(Hour);
        _life.Time.StepWall(TenYears); // The machine was suspended.
        _life.Advance(Hour);
        Assert.True(IsKnown);
        _life.Advance(Hour);
        Assert.False(IsKnown);
    }

    [Fact]
    public void An_id_that_is_in_use_is_measured_by_the_monotonic_clock_alone() // T16
    {
        _life.Time.StepWall(TenYears);
        for (int i = 0; i < 5; i++)
        {
            _life.Advance(Hour);
        }

        Assert.True(IsKnown);
    }

    private void Restart(bool isRestarted)
    {
        if (isRestarted)
        {
            _life.Restart(isClean: true);
        }
    }
}
