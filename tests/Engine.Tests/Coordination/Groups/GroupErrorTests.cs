using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;

namespace Engine.Tests.Coordination;

/// <summary>When the requests of members and administrators are refused, and with which code.</summary>
public sealed class GroupErrorTests : IDisposable
{
    private readonly GroupRig _rig = new(static settings => settings with { GroupMaxSize = 2 });

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(5_999)]
    [InlineData(1_800_001)]
    public void A_session_timeout_outside_of_the_limits_is_refused(int timeoutMs)
    {
        JoinGroupResult refused = _rig.Join(GroupRig.Request() with { SessionTimeoutMs = timeoutMs });
        Assert.Equal(ErrorCode.InvalidSessionTimeout, refused.Error);
        Assert.Contains("group.min.session.timeout.ms", refused.Message);
        Assert.Equal(ErrorCode.MemberIdRequired, _rig.Join(GroupRig.Request() with { SessionTimeoutMs = 6_000 }).Error);
        Assert.Equal(ErrorCode.MemberIdRequired, _rig.Join(GroupRig.Request() with { SessionTimeoutMs = 1_800_000 }).Error);
    }

    [Fact]
    public void A_group_without_an_id_is_refused_by_each_request()
    {
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Join(GroupRig.Request() with { GroupId = "" }).Error);
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Now(_rig.Groups.SyncAsync(new SyncGroupRequest { GroupId = "", MemberId = "m", GenerationId = 1 }).AsTask()).Error);
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Groups.Heartbeat("", "m", 1));
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Groups.Leave("", "m"));
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Now(_rig.Groups.DeleteAsync("").AsTask()));
        Assert.Equal(ErrorCode.InvalidGroupId, _rig.Now(_rig.Groups.DeleteOffsetsAsync("", [BrokerExtensions.Orders]).AsTask())[0].Error);
    }

    [Fact]
    public void Texts_that_are_too_long_for_the_record_of_the_group_are_refused()
    {
        string tooLong = new('x', short.MaxValue - 36);
        JoinGroupRequest request = GroupRig.Request() with { RequiresKnownMemberId = false };
        Assert.Equal(ErrorCode.InvalidRequest, _rig.Join(request with { ClientId = tooLong }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _rig.Join(request with { ClientHost = tooLong }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _rig.Join(request with { GroupInstanceId = tooLong }).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _rig.Join(request with { Protocols = [new GroupProtocol(tooLong, default)] }).Error);
        Assert.Equal(GroupState.Dead, _rig.State);

        JoinGroupResult longest = _rig.Join(request with { ClientId = tooLong[1..] });
        Assert.Equal(ErrorCode.None, _rig.Sync(longest.MemberId, longest.GenerationId, (longest.MemberId, 1)).Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unknown_member_is_refused_by_each_request(bool exists)
    {
        int generation = exists ? _rig.Rebalance(_rig.NewId()) : 1;
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Join(GroupRig.Request("stranger")).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Sync("stranger", generation).Error);
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Heartbeat("stranger", generation));
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Groups.Leave(GroupRig.Group, "stranger"));
        Assert.Equal(exists ? ErrorCode.UnknownMemberId : ErrorCode.IllegalGeneration, _rig.Commit("stranger", generation));
    }

    [Fact]
    public void Another_generation_is_refused_by_each_request_but_join() // G2
    {
        string[] members = _rig.Stable(2);
        foreach (int generation in (int[])[_rig.Generation - 1, _rig.Generation + 1])
        {
            Assert.Equal(ErrorCode.IllegalGeneration, _rig.Sync(members[0], generation).Error);
            Assert.Equal(ErrorCode.IllegalGeneration, _rig.Heartbeat(members[0], generation));
            Assert.Equal(ErrorCode.IllegalGeneration, _rig.Commit(members[0], generation));
        }

        Assert.Equal(ErrorCode.None, _rig.Commit(members[0], _rig.Generation));
    }

    [Fact]
    public void Protocols_that_do_not_fit_the_group_are_refused()
    {
        JoinGroupRequest request = GroupRig.Request();
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Join(request with { ProtocolType = "" }).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Join(request with { Protocols = [] }).Error);

        string member = _rig.Stable(1)[0];
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Join(request with { ProtocolType = "connect" }).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Join(request with { Protocols = [new GroupProtocol("sticky", default)] }).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, _rig.Join(request with { MemberId = member, Protocols = [new GroupProtocol("sticky", default)] }).Error);
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Sync(member, "connect", "range"));
        Assert.Equal(ErrorCode.InconsistentGroupProtocol, Sync(member, "consumer", "sticky"));
        Assert.Equal(ErrorCode.None, Sync(member, "consumer", "range"));
        Assert.Equal(ErrorCode.None, Sync(member, null, null));
    }

    [Fact]
    public void While_a_rebalance_is_prepared_heartbeats_and_syncs_request_a_join_and_commits_are_accepted()
    {
        string member = _rig.Stable(1)[0];
        Task<JoinGroupResult> second = _rig.Begin(GroupRig.Request(_rig.NewId()));
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Heartbeat(member));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Sync(member, _rig.Generation).Error);
        Assert.Equal(ErrorCode.None, _rig.Commit(member, _rig.Generation));
        Assert.True(_rig.IsParked(second));
    }

    [Fact]
    public void Until_the_assignment_is_known_heartbeats_are_accepted_and_commits_are_refused()
    {
        JoinGroupResult joined = _rig.JoinAll(_rig.NewId())[0];
        Assert.Equal(GroupState.CompletingRebalance, _rig.State);
        Assert.Equal(ErrorCode.None, _rig.Heartbeat(joined.MemberId));
        Assert.Equal(ErrorCode.RebalanceInProgress, _rig.Commit(joined.MemberId, joined.GenerationId));
        Assert.Null(_rig.Committed());
    }

    [Fact]
    public void A_commit_without_membership_is_accepted_only_while_the_group_is_empty()
    {
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5));
        string member = _rig.Stable(1)[0];
        Assert.Equal(ErrorCode.UnknownMemberId, _rig.Commit("", -1, 6));
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, member));
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 7));
        Assert.Equal(7, _rig.Committed());
    }

    [Fact]
    public void A_new_dynamic_member_gets_its_id_first_and_one_of_an_old_client_joins_at_once()
    {
        JoinGroupResult first = _rig.Join(GroupRig.Request());
        Assert.Equal((ErrorCode.MemberIdRequired, -1), (first.Error, first.GenerationId));
        Assert.StartsWith("client-", first.MemberId);
        Assert.Equal(GroupState.Empty, _rig.State);
        Assert.Equal(1, _rig.Join(GroupRig.Request(first.MemberId)).GenerationId);

        JoinGroupResult old = _rig.Join(GroupRig.Request() with { GroupId = "other", RequiresKnownMemberId = false });
        Assert.Equal((ErrorCode.None, 1), (old.Error, old.GenerationId));
    }

    [Fact]
    public void A_full_group_accepts_its_members_and_no_others() // G11
    {
        string[] members = _rig.Stable(2);
        JoinGroupResult refused = _rig.Join(GroupRig.Request());
        Assert.Equal(ErrorCode.GroupMaxSizeReached, refused.Error);
        Assert.Contains("group.max.size", refused.Message);
        Assert.Equal(GroupState.Stable, _rig.State);
        Assert.Equal(ErrorCode.None, _rig.Groups.Leave(GroupRig.Group, members[1]));
        Assert.Equal(ErrorCode.MemberIdRequired, _rig.Join(GroupRig.Request()).Error);
    }

    [Fact]
    public void More_ids_than_places_lead_to_a_full_group_and_a_refusal()
    {
        string[] ids = [.. Enumerable.Range(0, 3).Select(_ => _rig.NewId())];
        Task<JoinGroupResult>[] joins = [.. ids.Select(id => _rig.Begin(GroupRig.Request(id)))];
        Task<JoinGroupResult> again = _rig.Begin(GroupRig.Request(ids[0]));
        Task<JoinGroupResult>[] all = [again, .. joins[1..]];
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.GroupMaxSizeReached], all.Select(join => _rig.Now(join).Error).Order());
        Assert.Equal(2, _rig.MemberIds.Length);
    }

    [Fact]
    public void A_group_with_members_is_not_deleted_and_an_unknown_one_is_not_found()
    {
        string member = _rig.Stable(1)[0];
        Assert.Equal(ErrorCode.NonEmptyGroup, Delete());
        _rig.Groups.Leave(GroupRig.Group, member);
        Assert.Equal(ErrorCode.None, Delete());
        Assert.Equal(ErrorCode.GroupIdNotFound, Delete());
        Assert.Equal(GroupState.Dead, _rig.State);
    }

    [Fact]
    public void Offsets_of_a_subscribed_topic_are_not_deleted()
    {
        Assert.True(_rig.Life.Broker.CreateTopic(new NewTopic("other")).IsSuccess);
        var other = new TopicPartition("other", 0);
        Assert.Equal(ErrorCode.GroupIdNotFound, DeleteOffset(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.None, _rig.Commit("", -1, 5));
        _rig.Life.Wait(_rig.Groups.CommitOffsetsAsync(GroupRig.Group, "", -1, [KeyValuePair.Create(other, new OffsetAndMetadata(1))]));
        string member = _rig.Stable(1)[0];
        Assert.Equal(ErrorCode.GroupSubscribedToTopic, DeleteOffset(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, DeleteOffset(new TopicPartition("nowhere", 0)));
        Assert.Equal(ErrorCode.None, DeleteOffset(other));
        Assert.Equal([BrokerExtensions.Orders], _rig.Groups.FetchOffsets(GroupRig.Group, null).Select(static offset => offset.Partition));

        _rig.Groups.Leave(GroupRig.Group, member);
        Assert.Equal(ErrorCode.None, DeleteOffset(BrokerExtensions.Orders));
        Assert.Null(_rig.Committed());
    }

    [Fact]
    public void Offsets_of_members_that_are_not_consumers_are_not_deleted()
    {
        JoinGroupRequest request = GroupRig.Request() with { ProtocolType = "connect", RequiresKnownMemberId = false };
        string member = _rig.Join(request).MemberId;
        Assert.Equal(ErrorCode.NonEmptyGroup, DeleteOffset(BrokerExtensions.Orders));
        _rig.Groups.Leave(GroupRig.Group, member);
        Assert.Equal(ErrorCode.None, DeleteOffset(BrokerExtensions.Orders));
    }

    private ErrorCode Delete() => _rig.Now(_rig.Groups.DeleteAsync(GroupRig.Group).AsTask());

    private ErrorCode DeleteOffset(TopicPartition partition) => _rig.Now(_rig.Groups.DeleteOffsetsAsync(GroupRig.Group, [partition]).AsTask())[0].Error;

    private ErrorCode Sync(string member, string? type, string? protocol) => _rig.Now(_rig.Groups.SyncAsync(new SyncGroupRequest
    {
        GroupId = GroupRig.Group,
        MemberId = member,
        GenerationId = _rig.Generation,
        ProtocolType = type,
        ProtocolName = protocol,
    }).AsTask()).Error;
}
