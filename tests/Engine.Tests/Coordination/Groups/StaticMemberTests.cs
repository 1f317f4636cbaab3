using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>Static members: their places survive restarts of their processes.</summary>
public sealed class StaticMemberTests : IDisposable // G8
{
    private readonly GroupRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_static_member_joins_at_once_and_its_id_begins_with_the_instance_id()
    {
        JoinGroupResult joined = _rig.Join(GroupRig.Request(instanceId: "one"));
        Assert.Equal((ErrorCode.None, 1), (joined.Error, joined.GenerationId));
        Assert.StartsWith("one-", joined.MemberId);
        Assert.Equal("one", Assert.Single(joined.Members).GroupInstanceId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_static_leader_that_returns_keeps_generation_and_assignment_and_does_not_assign(bool canSkip)
    {
        JoinGroupResult before = Stable("one");
        JoinGroupResult after = _rig.Join(GroupRig.Request(instanceId: "one") with { CanSkipAssignment = canSkip });
        Assert.NotEqual(before.MemberId, after.MemberId);
        Assert.Equal((ErrorCode.None, before.GenerationId, canSkip), (after.Error, after.GenerationId, after.SkipAssignment));
        Assert.Equal(canSkip ? after.MemberId : before.MemberId, after.Leader);
        Assert.Equal(canSkip ? 1 : 0, after.Members.Count);
        Assert.Equal(GroupState.Stable, _rig.State);
        Assert.Equal(1, Assert.Single(_rig.Sync(after.MemberId, after.GenerationId).Assignment.ToArray()));
        Assert.Equal(ErrorCode.None, Commit(after, 5));
    }

    [Fact]
    public void The_former_process_of_a_static_member_is_fenced()
    {
        JoinGroupResult before = Stable("one");
        JoinGroupResult after = _rig.Join(GroupRig.Request(instanceId: "one"));
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Groups.Heartbeat(GroupRig.Group, before.MemberId, before.GenerationId, "one"));
        Assert.Equal(ErrorCode.FencedInstanceId, Commit(before, 5));
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Join(GroupRig.Request(before.MemberId, "one")).Error);
        Assert.Equal(ErrorCode.FencedInstanceId, Sync(before));
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Groups.Leave(GroupRig.Group, [new LeavingMember(before.MemberId, "one")])[0].Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Groups.Heartbeat(GroupRig.Group, before.MemberId, before.GenerationId));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Groups.Heartbeat(GroupRig.Group, after.MemberId, after.GenerationId, "two"));
        Assert.Equal(ErrorCode.None, _rig.Groups.Heartbeat(GroupRig.Group, after.MemberId, after.GenerationId, "one"));
    }

    [Fact]
    public void A_parked_join_of_the_former_process_is_fenced()
    {
        JoinGroupResult one = Stable("one");
        Task<JoinGroupResult> two = _rig.Begin(GroupRig.Request(instanceId: "two"));
        Assert.True(_rig.IsParked(two));
        Task<JoinGroupResult> again = _rig.Begin(GroupRig.Request(instanceId: "two"));
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Now(two).Error);
        Assert.Equal(ErrorCode.None, _rig.Join(GroupRig.Request(one.MemberId, "one")).Error);
        Assert.Equal(2, _rig.Now(again).GenerationId);
    }

    [Fact]
    public void While_the_leader_assigns_a_static_member_that_returns_begins_another_rebalance()
    {
        JoinGroupResult one = Stable("one");
        Task<JoinGroupResult> two = _rig.Begin(GroupRig.Request(instanceId: "two"));
        Assert.Equal(one.MemberId, _rig.Join(GroupRig.Request(one.MemberId, "one")).Leader);
        Task<SyncGroupResult> sync = _rig.Groups.SyncAsync(new SyncGroupRequest { GroupId = GroupRig.Group, MemberId = _rig.Now(two).MemberId, GroupInstanceId = "two", GenerationId = 2 }).AsTask();
        Assert.True(_rig.IsParked(sync));
        Task<JoinGroupResult> again = _rig.Begin(GroupRig.Request(instanceId: "two"));
        Assert.Equal(ErrorCode.FencedInstanceId, _rig.Now(sync).Error);
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.True(_rig.IsParked(again));
        Assert.Equal(3, _rig.Join(GroupRig.Request(one.MemberId, "one")).GenerationId);
        Assert.Equal(3, _rig.Now(again).GenerationId);
    }

    [Fact]
    public void A_static_member_that_returns_with_another_protocol_begins_a_rebalance_if_the_vote_changes()
    {
        JoinGroupRequest request = GroupRig.Request(instanceId: "one") with
        {
            Protocols = [new GroupProtocol("range", GroupRig.Subscription("orders")), new GroupProtocol("sticky", GroupRig.Subscription("orders"))],
        };
        JoinGroupResult first = _rig.Join(request);
        Assert.Equal(ErrorCode.None, _rig.Sync(first.MemberId, 1, (first.MemberId, 1)).Error);
        Assert.Equal(1, _rig.Join(request with { Protocols = [request.Protocols[0], new GroupProtocol("sticky", GroupRig.Subscription("other"))] }).GenerationId);
        JoinGroupResult changed = _rig.Join(request with { Protocols = [request.Protocols[1], request.Protocols[0]] });
        Assert.Equal((2, "sticky"), (changed.GenerationId, changed.ProtocolName));
    }

    [Fact]
    public void A_static_member_keeps_its_place_in_a_rebalance_that_it_misses()
    {
        JoinGroupResult one = Stable("one");
        Task<JoinGroupResult> two = _rig.Begin(GroupRig.Request(instanceId: "two") with { RebalanceTimeoutMs = 10_000 });
        JoinGroupResult joined = _rig.Join(GroupRig.Request(one.MemberId, "one") with { RebalanceTimeoutMs = 10_000 });
        Assert.Equal(2, joined.Members.Count);
        Assert.Equal(ErrorCode.None, _rig.Now(two).Error);
        Assert.Equal(ErrorCode.None, _rig.Sync(one.MemberId, 2, (one.MemberId, 1), (_rig.Now(two).MemberId, 2)).Error);
        Assert.Equal(ErrorCode.None, Sync(_rig.Now(two), "two"));

        // Its process ends without leaving, as static members do; the leader begins a rebalance.
        Task<JoinGroupResult> leader = _rig.Begin(GroupRig.Request(one.MemberId, "one") with { RebalanceTimeoutMs = 10_000 });
        _rig.Life.Advance(9_999);
        Assert.True(_rig.IsParked(leader));
        _rig.Life.Advance(1);
        Assert.Equal(2, _rig.Now(leader).Members.Count);
        JoinGroupResult returned = _rig.Join(GroupRig.Request(one.MemberId, "one")); // Its answer was lost.
        Assert.Equal(3, returned.GenerationId);
    }

    [Fact]
    public void An_administrator_removes_a_static_member_by_its_instance_id()
    {
        Stable("one");
        Assert.Equal(
            [ErrorCode.UnknownMemberId, ErrorCode.UnknownMemberId, ErrorCode.None],
            _rig.Groups.Leave(GroupRig.Group, [new LeavingMember("", "two"), new LeavingMember(""), new LeavingMember("", "one")]).Select(static result => result.Error));
        Assert.Equal(GroupState.Empty, _rig.State);
    }

    [Fact]
    public void A_static_member_that_stays_away_is_removed_when_its_session_ends()
    {
        Stable("one");
        _rig.Life.Advance((45 * GroupRig.Second) - 1);
        Assert.Equal(GroupState.Stable, _rig.State);
        _rig.Life.Advance(1);
        Assert.Equal(GroupState.Empty, _rig.State);
    }

    [Fact]
    public void A_static_member_that_returns_keeps_its_assignment_after_a_restart_of_the_broker()
    {
        Stable("one");
        JoinGroupResult returned = _rig.Join(GroupRig.Request(instanceId: "one"));
        _rig.Life.Restart(isClean: false);
        Assert.Equal([returned.MemberId], _rig.MemberIds);
        Assert.Equal(ErrorCode.None, _rig.Groups.Heartbeat(GroupRig.Group, returned.MemberId, returned.GenerationId, "one"));
        JoinGroupResult again = _rig.Join(GroupRig.Request(instanceId: "one"));
        Assert.Equal((returned.GenerationId, true), (again.GenerationId, again.SkipAssignment));
        Assert.Equal(1, Assert.Single(_rig.Sync(again.MemberId, again.GenerationId).Assignment.ToArray()));
    }

    private JoinGroupResult Stable(string instanceId)
    {
        JoinGroupResult joined = _rig.Join(GroupRig.Request(instanceId: instanceId));
        Assert.Equal(ErrorCode.None, _rig.Sync(joined.MemberId, joined.GenerationId, (joined.MemberId, 1)).Error);
        return joined;
    }

    private ErrorCode Commit(JoinGroupResult member, long offset) => _rig.Commit(member.MemberId, member.GenerationId, offset, instanceId: "one");

    private ErrorCode Sync(JoinGroupResult member, string instanceId = "one") => _rig.Now(_rig.Groups.SyncAsync(new SyncGroupRequest
    {
        GroupId = GroupRig.Group,
        MemberId = member.MemberId,
        GroupInstanceId = instanceId,
        GenerationId = member.GenerationId,
    }).AsTask()).Error;
}
