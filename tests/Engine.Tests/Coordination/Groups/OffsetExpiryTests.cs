using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>
/// When offsets and groups expire (<c>offsets.retention.minutes</c>, seven days; checked
/// every ten minutes).
/// </summary>
public sealed class OffsetExpiryTests : IDisposable // G6
{
    private const int Minute = GroupRig.Minute;
    private const int Day = 24 * 60 * Minute;
    private static readonly JoinGroupRequest s_request = GroupRig.Request() with { SessionTimeoutMs = 30 * Minute, RequiresKnownMemberId = false };
    private readonly GroupRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Offsets_expire_exactly_7_days_after_their_group_became_empty_and_not_before()
    {
        string member = Stable();
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation, 5));
        for (int day = 0; day < 30; day++)
        {
            Alive(member, Day); // The group has a member: its offsets are kept, however old they are.
        }

        Assert.Equal(5, _rig.Committed());
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, member));
        _rig.Life.Advance((7 * Day) - 1);
        Assert.Equal(5, _rig.Committed());
        Assert.Equal(GroupState.Empty, _rig.State);
        _rig.Life.Advance(10 * Minute); // The next check.
        Assert.Null(_rig.Committed());
        Assert.Equal(GroupState.Dead, _rig.State);
        _rig.Life.Restart(isClean: true);
        Assert.Null(_rig.Committed());
        Assert.Equal(GroupState.Dead, _rig.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Restarts_neither_postpone_nor_hasten_the_expiry(bool isClean)
    {
        string member = Stable();
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation, 5));
        Alive(member, 3 * Day);
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, member));
        for (int day = 0; day < 6; day++)
        {
            _rig.Life.Time.Advance(Day);
            _rig.Life.Restart(isClean);
            _rig.Life.Advance(20 * Minute);
            Assert.NotNull(_rig.Committed()); // 5, or after an unclean shutdown the end of the log.
        }

        _rig.Life.Time.Advance(Day);
        _rig.Life.Restart(isClean);
        _rig.Life.Advance(20 * Minute);
        Assert.Null(_rig.Committed());
    }

    [Fact]
    public void Offsets_of_a_group_that_never_had_members_expire_7_days_after_their_commit()
    {
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5, partition: 0));
        _rig.Life.Advance(Day);
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 6, partition: 1));
        _rig.Life.Advance((6 * Day) - 1);
        Assert.Equal(5, _rig.Committed(0));
        _rig.Life.Advance(10 * Minute);
        Assert.Equal(((long?)null, (long?)6), (_rig.Committed(0), _rig.Committed(1)));
        Assert.Equal(GroupState.Empty, _rig.State);
        _rig.Life.Advance(Day);
        Assert.Equal(GroupState.Dead, _rig.State);
    }

    [Fact]
    public void Offsets_of_topics_that_no_member_is_subscribed_to_any_more_expire_while_the_group_is_stable()
    {
        Assert.True(_rig.Life.Broker.CreateTopic(new NewTopic("former")).IsSuccess);
        var former = new TopicPartition("former", 0);
        string member = Stable();
        Assert.Equal(ErrorCode.None, _rig.Life.Wait(_rig.Groups.CommitOffsetsAsync(GroupRig.Group, member, _rig.Generation, [KeyValuePair.Create(former, new OffsetAndMetadata(3))]))[0].Error);
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation, 5));
        Alive(member, (7 * Day) + (10 * Minute));
        Assert.Equal(5, _rig.Committed());
        Assert.Null(_rig.Groups.FetchOffsets(GroupRig.Group, [former])[0].Committed);
        Assert.Equal(GroupState.Stable, _rig.State);
    }

    [Fact]
    public void While_a_group_rebalances_nothing_expires()
    {
        string member = Stable();
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation, 5));
        Task<JoinGroupResult> waiting = _rig.Begin(s_request with { RebalanceTimeoutMs = int.MaxValue });
        for (int day = 0; day < 8 * 24 * 15; day++)
        {
            Alive(member, 4 * Minute);
            waiting = waiting.IsCompleted ? _rig.Begin(s_request with { RebalanceTimeoutMs = int.MaxValue }) : waiting; // A new member waits for at most five minutes.
        }

        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.Equal(5, _rig.Committed());
    }

    [Fact]
    public void Offsets_that_an_open_transaction_may_change_do_not_expire()
    {
        var producer = new TransactionalClient(_rig.Life, "billing");
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5));
        _rig.Life.Advance((7 * Day) - Minute);
        Assert.Equal(ErrorCode.None, producer.Init(timeoutMs: 15 * Minute));
        Assert.Equal(ErrorCode.None, producer.Add(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.None, producer.SendOffset(GroupRig.Group, BrokerExtensions.Orders, 9));
        _rig.Life.Advance(11 * Minute);
        Assert.Equal(5, _rig.Committed());
        Assert.Equal(ErrorCode.None, producer.End(isCommit: true));
        Assert.Equal(9, _rig.Committed());
    }

    [Fact]
    public void A_wrong_wall_clock_expires_nothing()
    {
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5));
        _rig.Life.Time.StepWall(3650L * Day);
        _rig.Life.Advance(10 * Minute);
        _rig.Life.Time.StepWall(-3650L * Day);
        _rig.Life.Restart(isClean: true);
        _rig.Life.Advance(9 * Minute);
        _rig.Life.Time.StepWall(3650L * Day); // For less than the time between two checks.
        _rig.Life.Advance(Minute);
        _rig.Life.Time.StepWall(-3650L * Day);
        _rig.Life.Advance(10 * Minute);
        Assert.Equal(5, _rig.Committed());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_deleted_group_stays_deleted_also_if_an_open_transaction_has_offsets_of_it(bool restarts) // G12
    {
        var producer = new TransactionalClient(_rig.Life, "billing");
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5));
        Assert.Equal(ErrorCode.None, producer.Init());
        Assert.Equal(ErrorCode.None, producer.Add(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.None, producer.SendOffset(GroupRig.Group, BrokerExtensions.Orders, 9));
        Assert.Equal(ErrorCode.None, _rig.Now(_rig.Groups.DeleteAsync(GroupRig.Group).AsTask()));
        Assert.Empty(_rig.Groups.List());
        if (restarts)
        {
            _rig.Life.Restart(isClean: false);
        }

        Assert.Equal(ErrorCode.None, producer.End(isCommit: true));
        Assert.Null(_rig.Committed());
        Assert.Empty(_rig.Groups.List());
        _rig.Life.Restart(isClean: true);
        Assert.Null(_rig.Committed());
        Assert.Empty(_rig.Groups.List());
    }

    private string Stable()
    {
        JoinGroupResult joined = _rig.Join(s_request);
        Assert.Equal(ErrorCode.None, _rig.Sync(joined.MemberId, joined.GenerationId, (joined.MemberId, 1)).Error);
        return joined.MemberId;
    }

    // Lets time pass in steps that are shorter than the member's session.
    private void Alive(string member, int ms)
    {
        for (int passed = 0; passed < ms; passed += 25 * Minute)
        {
            _rig.Life.Advance(Math.Min(25 * Minute, ms - passed));
            Assert.Contains(_rig.Heartbeat(member), (ErrorCode[])[ErrorCode.None, ErrorCode.RebalanceInProgress]);
        }
    }
}
