using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>What time does to the members of a group, by the simulated clock.</summary>
public sealed class GroupTimeTests : IDisposable
{
    private const int Second = GroupRig.Second;
    private const int Minute = GroupRig.Minute;
    private readonly GroupRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_session_ends_exactly_after_its_timeout_without_a_heartbeat()
    {
        string member = _rig.Stable(1)[0];
        _rig.Life.Advance((45 * Second) - 1);
        Assert.Equal(GroupState.Stable, _rig.State);
        _rig.Life.Advance(1);
        Assert.Equal(GroupState.Empty, _rig.State);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Heartbeat(member));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Commit(member, _rig.Generation - 1));
    }

    [Fact]
    public void A_heartbeat_and_a_commit_extend_the_session()
    {
        string member = _rig.Stable(1)[0];
        _rig.Life.Advance(44 * Second);
        Assert.Equal(ErrorCode.None, _rig.Heartbeat(member));
        _rig.Life.Advance(44 * Second);
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation));
        _rig.Life.Advance(44 * Second);
        Assert.Equal(GroupState.Stable, _rig.State);
        _rig.Life.Advance(Second);
        Assert.Equal(GroupState.Empty, _rig.State);
    }

    [Fact]
    public void A_handler_of_60_seconds_keeps_a_session_of_45_because_heartbeats_continue()
    {
        string member = _rig.Stable(1)[0];
        int generation = _rig.Generation;
        _rig.Pass(60 * Second, member);
        Assert.Equal(ErrorCode.None, _rig.Commit(member, generation));
    }

    [Fact]
    public void A_handler_of_6_minutes_is_not_waited_for_longer_than_5_in_a_rebalance()
    {
        string[] members = _rig.Stable(2);
        int generation = _rig.Generation;
        Task<JoinGroupResult> third = _rig.Begin(GroupRig.Request(_rig.NewId()));
        Task<JoinGroupResult> second = _rig.Begin(GroupRig.Request(members[1]));
        _rig.Pass((5 * Minute) - Second, members[0]); // Its client sends heartbeats while the handler runs.
        Assert.True(_rig.IsParked(third) && _rig.IsParked(second));
        Assert.Equal(ErrorCode.None, _rig.Commit(members[0], generation)); // What it has done so far.
        _rig.Life.Advance(Second);
        Assert.Equal(2, _rig.Now(second).Members.Count + _rig.Now(third).Members.Count);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Heartbeat(members[0], generation));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Commit(members[0], generation, offset: 99));
        Assert.Equal(1, _rig.Committed());
    }

    [Fact]
    public void The_order_processor_s_second_instance_resumes_where_the_first_one_has_committed()
    {
        JoinGroupRequest request = GroupRig.Request() with { SessionTimeoutMs = 10_000, RequiresKnownMemberId = false };
        JoinGroupResult a = _rig.Join(request);
        Assert.Equal(ErrorCode.None, _rig.Sync(a.MemberId, a.GenerationId, (a.MemberId, 1)).Error);
        _rig.Life.Advance(60);
        Assert.Equal(ErrorCode.None, _rig.Heartbeat(a.MemberId));
        Assert.Equal(ErrorCode.None, _rig.Commit(a.MemberId, a.GenerationId, 2, partition: 0));
        Assert.Equal(ErrorCode.None, _rig.Commit(a.MemberId, a.GenerationId, 1, partition: 1)); // A dies at 60 ms; it has committed nothing of partition 2.

        Task<JoinGroupResult> second = _rig.Begin(request);
        _rig.Life.Advance(9_999);
        Assert.True(_rig.IsParked(second));
        _rig.Life.Advance(1); // 10,060 ms.
        JoinGroupResult b = _rig.Now(second);
        Assert.Equal(b.MemberId, Assert.Single(b.Members).MemberId);
        Assert.Equal(ErrorCode.None, _rig.Sync(b.MemberId, b.GenerationId, (b.MemberId, 1)).Error);
        Assert.Equal(((long?)2, (long?)1, (long?)null), (_rig.Committed(0), _rig.Committed(1), _rig.Committed(2))); // B begins at 2, 1 and 0.
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Commit(a.MemberId, a.GenerationId, 3));
    }

    [Fact]
    public void An_id_that_is_not_used_for_a_join_expires_and_does_not_block_a_rebalance() // G7
    {
        string member = _rig.Stable(1)[0];
        string unused = _rig.NewId();
        Task<JoinGroupResult> rejoin = _rig.Begin(GroupRig.Request(member));
        _rig.Life.Advance((45 * Second) - 1);
        Assert.True(_rig.IsParked(rejoin));
        _rig.Life.Advance(1);
        Assert.Equal(ErrorCode.None, _rig.Now(rejoin).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Join(GroupRig.Request(unused)).Error);
    }

    [Fact]
    public void A_group_of_ids_that_are_not_used_is_forgotten()
    {
        _ = _rig.NewId();
        Assert.Equal(GroupState.Empty, _rig.State);
        _rig.Life.Advance(45 * Second);
        Assert.Equal(GroupState.Dead, _rig.State);
        Assert.Empty(_rig.Groups.List());
    }

    [Fact]
    public void A_client_that_leaves_before_it_has_joined_does_not_block_a_rebalance()
    {
        string member = _rig.Stable(1)[0];
        string unused = _rig.NewId();
        Task<JoinGroupResult> rejoin = _rig.Begin(GroupRig.Request(member));
        Assert.True(_rig.IsParked(rejoin));
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, unused));
        Assert.Equal(ErrorCode.None, _rig.Now(rejoin).Error);
    }

    [Fact]
    public void A_new_member_that_waits_is_removed_after_5_minutes_and_its_join_is_answered()
    {
        JoinGroupRequest patient = GroupRig.Request() with { RebalanceTimeoutMs = 30 * Minute, RequiresKnownMemberId = false };
        JoinGroupResult first = _rig.Join(patient);
        Assert.Equal(ErrorCode.None, _rig.Sync(first.MemberId, 1, (first.MemberId, 1)).Error);
        Task<JoinGroupResult> second = _rig.Begin(patient);
        _rig.Pass((5 * Minute) - 1, first.MemberId);
        Assert.True(_rig.IsParked(second));
        _rig.Life.Advance(1);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Now(second).Error);
        Assert.Equal([first.MemberId], _rig.MemberIds);
    }

    [Fact]
    public void Members_that_wait_for_others_send_no_heartbeats_and_keep_their_sessions()
    {
        string[] members = _rig.Stable(2);
        Task<JoinGroupResult> third = _rig.Begin(GroupRig.Request(_rig.NewId()));
        Task<JoinGroupResult> second = _rig.Begin(GroupRig.Request(members[1]));
        _rig.Pass(4 * Minute, members[0]);
        Assert.True(_rig.IsParked(second) && _rig.IsParked(third));
        Assert.Equal(ErrorCode.None, _rig.Now(_rig.Begin(GroupRig.Request(members[0]))).Error);
        Assert.Equal(3, _rig.MemberIds.Length);
        _rig.Life.Advance((45 * Second) - 1); // Sessions begin with the new generation.
        Assert.Equal(3, _rig.MemberIds.Length);
    }

    [Fact]
    public void Members_that_do_not_request_their_assignment_are_removed_after_the_rebalance_timeout() // G7
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        string follower = joined.Single(member => member.MemberId != leader).MemberId;
        Assert.Equal(ErrorCode.None, _rig.Sync(leader, joined[0].GenerationId, (leader, 1), (follower, 2)).Error);
        _rig.Pass((5 * Minute) - 1, leader, follower);
        Assert.Equal(GroupState.Stable, _rig.State);
        _rig.Life.Advance(1);
        Assert.Equal([leader], _rig.MemberIds);
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.Equal(ErrorCode.None, _rig.Join(GroupRig.Request(leader)).Error);
    }

    [Fact]
    public void A_leader_that_does_not_assign_is_removed_and_the_waiting_members_are_refused() // G7
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        string follower = joined.Single(member => member.MemberId != leader).MemberId;
        Task<SyncGroupResult> sync = _rig.BeginSync(follower, joined[0].GenerationId);
        _rig.Pass((5 * Minute) - 1, leader);
        Assert.True(_rig.IsParked(sync));
        _rig.Life.Advance(1);
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Now(sync).Error);
        Assert.Equal([follower], _rig.MemberIds);
        Assert.Equal(follower, _rig.Join(GroupRig.Request(follower)).Leader);
    }

    [Fact]
    public void The_largest_rebalance_timeout_does_not_overflow() // G9
    {
        JoinGroupRequest request = GroupRig.Request() with { RebalanceTimeoutMs = int.MaxValue, RequiresKnownMemberId = false };
        JoinGroupResult first = _rig.Join(request);
        Assert.Equal(ErrorCode.None, _rig.Sync(first.MemberId, 1, (first.MemberId, 1)).Error);
        Task<JoinGroupResult> second = _rig.Begin(request);
        _rig.Pass(4 * Minute, first.MemberId);
        Assert.True(_rig.IsParked(second));
        Assert.Equal(2, _rig.MemberIds.Length);
    }

    [Fact]
    public void A_group_that_was_empty_waits_for_further_members_and_longer_while_they_join()
    {
        using var rig = new GroupRig(static settings => settings with { GroupInitialRebalanceDelayMs = 3_000 });
        string[] ids = [rig.NewId(), rig.NewId(), rig.NewId()];
        Task<JoinGroupResult> first = rig.Begin(GroupRig.Request(ids[0]));
        rig.Life.Advance(2_999);
        Assert.True(rig.IsParked(first));
        Task<JoinGroupResult> second = rig.Begin(GroupRig.Request(ids[1]));
        rig.Life.Advance(1); // The delay begins again, because a member has joined.
        Assert.True(rig.IsParked(first) && rig.IsParked(second));
        rig.Life.Advance(3_000);
        Assert.Equal((1, 1), (rig.Now(first).GenerationId, rig.Now(second).GenerationId));
        Assert.Equal(2, rig.MemberIds.Length);
        Assert.True(rig.IsParked(rig.Begin(GroupRig.Request(ids[2])))); // Not initial: it waits for the others.
    }

    [Fact]
    public void The_initial_delay_ends_after_the_rebalance_timeout_although_members_continue_to_join()
    {
        using var rig = new GroupRig(static settings => settings with { GroupInitialRebalanceDelayMs = 3_000 });
        JoinGroupRequest request = GroupRig.Request() with { RebalanceTimeoutMs = 10_000, RequiresKnownMemberId = false };
        Task<JoinGroupResult> first = rig.Begin(request);
        int passedMs = 0;
        while (!first.IsCompleted)
        {
            Assert.True(passedMs < 10_000, "The rebalance does not end.");
            _ = rig.Begin(request);
            rig.Life.Advance(1_000);
            passedMs += 1_000;
        }

        Assert.Equal(10_000, passedMs);
        Assert.Equal(1, rig.Now(first).GenerationId);
    }

    [Fact]
    public void A_jump_of_the_wall_clock_removes_no_member()
    {
        string member = _rig.Stable(1)[0];
        _rig.Life.Time.StepWall(365L * 24 * 60 * Minute);
        _rig.Life.Advance(40 * Second);
        Assert.Equal(ErrorCode.None, _rig.Heartbeat(member));
    }
}
