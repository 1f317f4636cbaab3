using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>Each transition between the states of a group, and what its requests are answered.</summary>
public sealed class GroupStateTests : IDisposable
{
    private readonly GroupRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Empty_to_completing_the_first_member_is_the_leader_and_gets_all_members()
    {
        string id = _rig.NewId();
        JoinGroupResult joined = _rig.Join(GroupRig.Request(id));
        Assert.Equal((ErrorCode.None, id, 1, id, "consumer", "range", false), (joined.Error, joined.MemberId, joined.GenerationId, joined.Leader, joined.ProtocolType, joined.ProtocolName, joined.SkipAssignment));
        JoinedMember member = Assert.Single(joined.Members);
        Assert.Equal((id, (string?)null), (member.MemberId, member.GroupInstanceId));
        Assert.Equal(GroupRig.Subscription("orders"), member.Metadata.ToArray());
        Assert.Equal(GroupState.CompletingRebalance, _rig.State);
    }

    [Fact]
    public void Completing_to_stable_all_waiting_members_get_their_assignments()
    {
        string[] ids = [_rig.NewId(), _rig.NewId(), _rig.NewId()];
        JoinGroupResult[] joined = _rig.JoinAll(ids);
        string leader = joined[0].Leader;
        Assert.Equal(ids.Order(StringComparer.Ordinal), joined.Single(member => member.MemberId == leader).Members.Select(static member => member.MemberId));
        Assert.All(joined.Where(member => member.MemberId != leader), static member => Assert.Empty(member.Members));

        string[] followers = [.. ids.Where(id => id != leader)];
        Task<SyncGroupResult>[] waiting = [.. followers.Select(id => _rig.BeginSync(id, joined[0].GenerationId))];
        Assert.All(waiting, sync => Assert.True(_rig.IsParked(sync)));
        SyncGroupResult own = _rig.Sync(leader, joined[0].GenerationId, (leader, 7), (followers[0], 8)); // The leader assigns nothing to the last one.
        Assert.Equal(7, Assert.Single(own.Assignment.ToArray()));
        Assert.Equal(8, Assert.Single(_rig.Now(waiting[0]).Assignment.ToArray()));
        Assert.Equal((ErrorCode.None, 0), (_rig.Now(waiting[1]).Error, _rig.Now(waiting[1]).Assignment.Length));
        Assert.Equal(GroupState.Stable, _rig.State);
    }

    [Fact]
    public void Stable_a_follower_that_syncs_late_gets_its_assignment()
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        string follower = joined.Single(member => member.MemberId != leader).MemberId;
        Assert.Equal(ErrorCode.None, _rig.Sync(leader, joined[0].GenerationId, (leader, 1), (follower, 2)).Error);
        Assert.Equal(2, Assert.Single(_rig.Sync(follower, joined[0].GenerationId).Assignment.ToArray()));
        Assert.Equal(2, Assert.Single(_rig.Sync(follower, joined[0].GenerationId).Assignment.ToArray()));
    }

    [Fact]
    public void Stable_to_preparing_a_new_member_begins_a_rebalance()
    {
        string[] members = _rig.Stable(2);
        int before = _rig.Generation;
        string id = _rig.NewId();
        Assert.Equal(GroupState.Stable, _rig.State); // An id is not a member yet.
        Task<JoinGroupResult> third = _rig.Begin(GroupRig.Request(id));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Task<JoinGroupResult> first = _rig.Begin(GroupRig.Request(members[0]));
        Assert.True(_rig.IsParked(third));
        Task<JoinGroupResult> second = _rig.Begin(GroupRig.Request(members[1]));
        Assert.All([first, second, third], join => Assert.Equal(before + 1, _rig.Now(join).GenerationId));
    }

    [Fact]
    public void Stable_to_preparing_a_member_that_leaves_begins_a_rebalance_and_is_seen_at_once()
    {
        string[] members = _rig.Stable(2);
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, members[0]));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.Equal([members[1]], _rig.MemberIds);
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Heartbeat(members[1]));
        JoinGroupResult alone = _rig.Join(GroupRig.Request(members[1]));
        Assert.Equal(members[1], alone.Leader);
    }

    [Fact]
    public void Stable_to_preparing_a_leader_that_joins_again_begins_a_rebalance()
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        Assert.Equal(ErrorCode.None, _rig.Sync(leader, joined[0].GenerationId).Error);
        Assert.True(_rig.IsParked(_rig.Begin(GroupRig.Request(leader))));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
    }

    [Fact]
    public void Stable_a_follower_that_joins_again_unchanged_keeps_the_generation()
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        string follower = joined.Single(member => member.MemberId != leader).MemberId;
        Assert.Equal(ErrorCode.None, _rig.Sync(leader, joined[0].GenerationId, (leader, 1), (follower, 2)).Error);
        JoinGroupResult again = _rig.Join(GroupRig.Request(follower));
        Assert.Equal((ErrorCode.None, joined[0].GenerationId, leader), (again.Error, again.GenerationId, again.Leader));
        Assert.Equal(GroupState.Stable, _rig.State);

        Task<JoinGroupResult> changed = _rig.Begin(GroupRig.Request(follower, null, "orders", "other"));
        Assert.True(_rig.IsParked(changed));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
    }

    [Fact]
    public void Completing_to_preparing_a_member_with_another_subscription_begins_a_rebalance_and_syncs_are_refused()
    {
        JoinGroupResult[] joined = _rig.JoinAll(_rig.NewId(), _rig.NewId());
        string leader = joined[0].Leader;
        string follower = joined.Single(member => member.MemberId != leader).MemberId;
        Task<SyncGroupResult> sync = _rig.BeginSync(follower, joined[0].GenerationId);
        Assert.True(_rig.IsParked(sync));

        // The answer of the leader was lost: it joins again, and gets the same generation.
        JoinGroupResult again = _rig.Join(GroupRig.Request(leader));
        Assert.Equal((joined[0].GenerationId, 2), (again.GenerationId, again.Members.Count));
        Assert.True(_rig.IsParked(sync));

        Task<JoinGroupResult> changed = _rig.Begin(GroupRig.Request(leader, null, "other"));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Now(sync).Error);
        Assert.True(_rig.IsParked(changed));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
    }

    [Fact]
    public void Preparing_to_empty_after_the_last_member_has_left()
    {
        string[] members = _rig.Stable(2);
        int before = _rig.Generation;
        IReadOnlyList<LeaveGroupResult> left = _rig.Groups.Leave(GroupRig.Group, [new LeavingMember(members[0]), new LeavingMember("stranger"), new LeavingMember(members[1])]);
        Assert.Equal([ErrorCode.None, ErrorCode.UnknownMemberId, ErrorCode.None], left.Select(static result => result.Error));
        Assert.Equal((GroupState.Empty, before + 1), (_rig.State, _rig.Generation));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Heartbeat(members[0]));
    }

    [Fact]
    public void Leaving_the_group_ends_requests_in_progress()
    {
        string[] members = _rig.Stable(2);
        Task<JoinGroupResult> third = _rig.Begin(GroupRig.Request(_rig.NewId()));
        Task<JoinGroupResult> first = _rig.Begin(GroupRig.Request(members[0]));
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, members[0]));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Now(first).Error);
        Assert.True(_rig.IsParked(third));
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, members[1]));
        Assert.Single(_rig.Now(third).Members); // The rebalance waited for the members that have left.
    }

    [Fact]
    public void A_join_that_is_repeated_on_another_connection_ends_the_first_one()
    {
        string[] members = _rig.Stable(2);
        string id = _rig.NewId();
        Task<JoinGroupResult> lost = _rig.Begin(GroupRig.Request(id));
        Task<JoinGroupResult> repeated = _rig.Begin(GroupRig.Request(id));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Now(lost).Error);
        Assert.True(_rig.IsParked(repeated));
        int generation = _rig.Rebalance([.. members, id]);
        Assert.Equal((ErrorCode.None, generation), (_rig.Now(repeated).Error, _rig.Now(repeated).GenerationId));
        Assert.Equal(3, _rig.MemberIds.Length);
        Assert.Equal(generation, _rig.Generation);
    }

    [Fact]
    public void The_protocol_with_the_most_votes_that_all_support_is_chosen()
    {
        static JoinGroupRequest With(string id, params string[] protocols) => GroupRig.Request(id) with { Protocols = [.. protocols.Select(static name => new GroupProtocol(name, GroupRig.Subscription(name)))] };
        string[] ids = [_rig.NewId(), _rig.NewId(), _rig.NewId()];
        string[][] protocols = [["range", "sticky", "mine"], ["sticky", "range"], ["yours", "sticky", "range"]];
        Task<JoinGroupResult> first = _rig.Begin(With(ids[0], protocols[0]));
        Assert.Equal("range", _rig.Now(first).ProtocolName);
        Task<JoinGroupResult>[] joins = [_rig.Begin(With(ids[1], protocols[1])), _rig.Begin(With(ids[2], protocols[2])), _rig.Begin(With(ids[0], protocols[0]))];
        JoinGroupResult[] joined = [.. joins.Select(_rig.Now)];
        Assert.All(joined, static result => Assert.Equal("sticky", result.ProtocolName));
        JoinGroupResult leader = joined.Single(static result => result.Members.Count > 0);
        Assert.All(leader.Members, static member => Assert.Equal(GroupRig.Subscription("sticky"), member.Metadata.ToArray()));
    }

    [Fact]
    public void Closing_the_broker_answers_each_parked_request()
    {
        string[] members = _rig.Stable(2);
        Task<JoinGroupResult> join = _rig.Begin(GroupRig.Request(_rig.NewId()));
        JoinGroupResult other = _rig.Join(GroupRig.Request() with { GroupId = "other", RequiresKnownMemberId = false });
        Task<JoinGroupResult> second = _rig.Begin(GroupRig.Request() with { GroupId = "other", RequiresKnownMemberId = false });
        Assert.Equal(ErrorCode.None, other.Error);
        Assert.True(_rig.IsParked(join) && _rig.IsParked(second));
        _rig.Life.Restart(isClean: true);
        Assert.True(join.IsCompleted && second.IsCompleted);
        Assert.Equal((ErrorCode.BrokerNotAvailable, ErrorCode.BrokerNotAvailable), (_rig.Now(join).Error, _rig.Now(second).Error));
        Assert.Equal(members.Order(StringComparer.Ordinal), _rig.MemberIds);
    }

    [Fact]
    public void Groups_are_listed_and_described()
    {
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1));
        Assert.Equal([new GroupListing(GroupRig.Group, "", GroupState.Empty)], _rig.Groups.List());
        string[] members = [.. _rig.Stable(2).Order(StringComparer.Ordinal)];
        Assert.Equal([new GroupListing(GroupRig.Group, "consumer", GroupState.Stable)], _rig.Groups.List());
        GroupDescription group = _rig.Groups.Describe(GroupRig.Group);
        Assert.Equal((GroupState.Stable, "consumer", "range"), (group.State, group.ProtocolType, group.Protocol));
        Assert.Equal(members, group.Members.Select(static member => member.MemberId));
        Assert.All(group.Members, static member =>
        {
            Assert.Equal(((string?)null, "client", "/127.0.0.1"), (member.GroupInstanceId, member.ClientId, member.ClientHost));
            Assert.Equal(GroupRig.Subscription("orders"), member.Metadata.ToArray());
            Assert.Equal(1, member.Assignment.Length);
        });
        Assert.Equal(GroupState.Dead, _rig.Groups.Describe("nothing").State);
    }

    [Fact]
    public void The_only_member_without_heartbeats_keeps_its_group_for_itself()
    {
        JoinGroupResult only = _rig.Groups.Join(GroupRig.Group, "me");
        Assert.Equal((ErrorCode.None, GroupState.Stable), (only.Error, _rig.State));
        Assert.Equal(ErrorCode.GroupMaxSizeReached, _rig.Join(GroupRig.Request()).Error);
        _rig.Life.Advance(30 * GroupRig.Minute);
        Assert.Equal(ErrorCode.None, _rig.Commit(only.MemberId, only.GenerationId));
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, only.MemberId));
        Assert.Equal(GroupState.Empty, _rig.State);
        string member = _rig.Stable(1)[0];
        JoinGroupResult refused = _rig.Groups.Join(GroupRig.Group, "me");
        Assert.Equal(ErrorCode.GroupMaxSizeReached, refused.Error);
        Assert.Contains(member, refused.Message);
    }
}
