using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>Restarts of the broker at each point of a group's timeline.</summary>
public sealed class GroupRestartTests : IDisposable
{
    private readonly GroupRig _rig = new();

    public static TheoryData<string, bool> Points
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (string point in (string[])["id", "joining", "joined", "syncing", "stable", "rebalancing", "rejoined", "left"])
            {
                data.Add(point, true);
                data.Add(point, false);
            }

            return data;
        }
    }

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Members_of_a_stable_group_resume(bool isClean)
    {
        string[] members = _rig.Stable(3);
        int generation = _rig.Generation;
        GroupDescription before = _rig.Groups.Describe(GroupRig.Group);
        _rig.Life.Advance(40 * GroupRig.Second);
        _rig.Life.Restart(isClean);

        GroupDescription after = _rig.Groups.Describe(GroupRig.Group);
        Assert.Equal((before.State, before.ProtocolType, before.Protocol, before.GenerationId), (after.State, after.ProtocolType, after.Protocol, after.GenerationId));
        Assert.Equal(before.Members.Select(Text), after.Members.Select(Text));
        _rig.Life.Advance(40 * GroupRig.Second); // The sessions have begun again.
        Assert.All(members, member => Assert.Equal(ErrorCode.None, _rig.Heartbeat(member, generation)));
        Assert.Equal(ErrorCode.None, _rig.Commit(members[0], generation));
        Assert.Equal(ErrorCode.None, _rig.Sync(members[1], generation).Error);
        _rig.Life.Advance(45 * GroupRig.Second);
        Assert.Equal(GroupState.Empty, _rig.State);
    }

    [Theory]
    [MemberData(nameof(Points))]
    public void After_a_restart_at_any_point_the_group_becomes_stable_and_older_generations_are_refused(string point, bool isClean) // G7, G16
    {
        (string MemberId, int Generation)[] before = Reach(point);
        int recorded = point is "id" or "joining" or "joined" or "syncing" ? 0 : point is "left" ? 3 : 2;
        _rig.Life.Restart(isClean);
        Assert.Equal(recorded, _rig.Generation);

        // A generation that was not assigned is not known any more.
        foreach ((string memberId, int generation) in before)
        {
            bool isCurrent = recorded == 2 && generation == 2;
            Assert.Equal(isCurrent, _rig.Heartbeat(memberId, generation) == ErrorCode.None);
            Assert.Equal(isCurrent, _rig.Commit(memberId, generation) == ErrorCode.None);
        }

        string[] members = [.. before.Select(member => IsKnown(member.MemberId) ? member.MemberId : _rig.NewId()).Distinct(), _rig.NewId()];
        int next = _rig.Rebalance(members);
        Assert.True(next > recorded);
        Assert.Equal(members.Order(StringComparer.Ordinal), _rig.MemberIds);
        Assert.All(before.Where(member => member.Generation > 0 && member.Generation != next), member => Assert.NotEqual(ErrorCode.None, _rig.Commit(member.MemberId, member.Generation)));
    }

    [Fact]
    public void An_assignment_that_members_have_received_survives_a_power_failure() => Property.HoldsForSeeds(20, static seed =>
    {
        using var disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Nasty);
        using var rig = new GroupRig(disk: disk);
        string[] members = rig.Stable(2);
        int generation = rig.Generation;
        rig.Life.CutPower();
        Assert.All(members, member => Assert.Equal(ErrorCode.None, rig.Heartbeat(member, generation)));
        Assert.Equal([0, 1], members.Select(member => Assert.Single(rig.Sync(member, generation).Assignment.ToArray())).Select(static value => (int)value));
    });

    [Fact]
    public void A_group_that_is_larger_than_its_limit_after_a_restart_rebalances_until_it_fits()
    {
        int limit = int.MaxValue;
        using var rig = new GroupRig(settings => settings with { GroupMaxSize = limit });
        string[] members = rig.Stable(3);
        limit = 2;
        rig.Life.Restart(isClean: true);
        Assert.Equal(GroupState.PreparingRebalance, rig.State);
        Task<JoinGroupResult>[] joins = [.. members.Select(member => rig.Begin(GroupRig.Request(member)))];
        Assert.Equal([ErrorCode.None, ErrorCode.None, ErrorCode.GroupMaxSizeReached], joins.Select(join => rig.Now(join).Error));
        Assert.Equal(2, rig.MemberIds.Length);
    }

    [Fact]
    public async Task An_assignment_that_cannot_be_written_is_refused_and_a_rebalance_begins()
    {
        using var memory = new MemoryStorage();
        var faulty = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = faulty });
        Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
        await broker.Groups.CommitOffsetsAsync("other", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(0))]); // The log exists.
        JoinGroupResult joined = await broker.Groups.JoinAsync(GroupRig.Request() with { RequiresKnownMemberId = false });
        var request = new SyncGroupRequest { GroupId = GroupRig.Group, MemberId = joined.MemberId, GenerationId = 1, Assignments = [new MemberAssignment(joined.MemberId, new byte[] { 1 })] };
        faulty.Flush = IoResult.DeviceError;
        SyncGroupResult refused = await broker.Groups.SyncAsync(request);
        Assert.Equal((ErrorCode.CoordinatorNotAvailable, 0), (refused.Error, refused.Assignment.Length));
        SyncGroupResult again = await broker.Groups.SyncAsync(request); // Stable in memory, and still not on disk.
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, again.Error);
        faulty.Flush = IoResult.Ok;
    }

    [Fact]
    public void An_assignment_that_is_too_large_for_the_log_is_refused_and_the_group_rebalances()
    {
        JoinGroupResult joined = _rig.JoinAll(_rig.NewId())[0];
        Task<SyncGroupResult> sync = _rig.Groups.SyncAsync(new SyncGroupRequest
        {
            GroupId = GroupRig.Group,
            MemberId = joined.MemberId,
            GenerationId = joined.GenerationId,
            Assignments = [new MemberAssignment(joined.MemberId, new byte[2 * 1024 * 1024])],
        }).AsTask();
        Assert.Equal(ErrorCode.UnknownServerError, _rig.Now(sync).Error);
        Assert.Equal(GroupState.PreparingRebalance, _rig.State);
        Assert.Contains(_rig.Life.Broker.Health, static issue => issue.Component == "groups");
        Assert.Equal(joined.GenerationId + 1, _rig.Rebalance(joined.MemberId));
        Assert.DoesNotContain(_rig.Life.Broker.Health, static issue => issue.Component == "groups");
    }

    private static string Text(GroupMemberDescription member) =>
        $"{member.MemberId} {member.GroupInstanceId} {member.ClientId} {member.ClientHost} {Convert.ToHexString(member.Metadata.Span)} {Convert.ToHexString(member.Assignment.Span)}";

    private bool IsKnown(string memberId) => _rig.MemberIds.Contains(memberId);

    // Returns the members that have joined, with the generations that they know.
    private (string MemberId, int Generation)[] Reach(string point)
    {
        string first = _rig.NewId();
        string second = _rig.NewId();
        if (point == "id")
        {
            return [];
        }

        Assert.Equal(1, _rig.Join(GroupRig.Request(first)).GenerationId);
        _ = _rig.Begin(GroupRig.Request(second));
        if (point == "joining")
        {
            return [(first, 1), (second, 0)];
        }

        string leader = _rig.Join(GroupRig.Request(first)).Leader;
        (string, int)[] joined = [(first, 2), (second, 2)];
        if (point == "joined")
        {
            return joined;
        }

        _ = _rig.BeginSync(leader == first ? second : first, 2);
        if (point == "syncing")
        {
            return joined;
        }

        Assert.Equal(ErrorCode.None, _rig.Sync(leader, 2, (first, 1), (second, 2)).Error);
        string third = _rig.NewId();
        switch (point)
        {
            case "rebalancing":
                _ = _rig.Begin(GroupRig.Request(third));
                return [.. joined, (third, 0)];
            case "rejoined":
                Task<JoinGroupResult> join = _rig.Begin(GroupRig.Request(third));
                _ = _rig.Begin(GroupRig.Request(first));
                _ = _rig.Begin(GroupRig.Request(second));
                Assert.Equal(3, _rig.Now(join).GenerationId);
                return [(first, 3), (second, 3), (third, 3)];
            case "left":
                _ = _rig.Groups.Leave(GroupRig.Group, [new LeavingMember(first), new LeavingMember(second), new LeavingMember(third)]);
                return joined;
            default:
                return joined;
        }
    }
}
