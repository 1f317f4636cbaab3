using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Support;

/// <summary>
/// A broker with a topic of six partitions, and the requests of the members of a group, as
/// a client sends them. Time is simulated.
/// </summary>
internal sealed class GroupRig : IDisposable
{
    internal const string Group = "order-processor";
    internal const int Second = 1000;
    internal const int Minute = 60 * Second;

    private int _opens;

    internal GroupRig(Func<BrokerSettings, BrokerSettings>? configure = null, SimDisk? disk = null)
    {
        // Each process draws other ids.
        Life = new BrokerLife(disk: disk, configure: settings => (configure ?? (static plain => plain))(settings with { RandomSeed = 100 + _opens++ }));
        Assert.True(Life.Broker.CreateTopic(new NewTopic("orders", 6)).IsSuccess);
    }

    internal BrokerLife Life { get; }

    internal BrokerGroups Groups => Life.Broker.Groups;

    internal GroupState State => Groups.Describe(Group).State;

    internal int Generation => Groups.Describe(Group).GenerationId;

    internal string[] MemberIds => [.. Groups.Describe(Group).Members.Select(static member => member.MemberId)];

    public void Dispose() => Life.Dispose();

    /// <summary>A request of a consumer that is subscribed to topics.</summary>
    internal static JoinGroupRequest Request(string memberId = "", string? instanceId = null, params string[] topics) => new()
    {
        GroupId = Group,
        MemberId = memberId,
        GroupInstanceId = instanceId,
        ClientId = "client",
        ClientHost = "/127.0.0.1",
        Protocols = [new GroupProtocol("range", Subscription(topics.Length == 0 ? ["orders"] : topics))],
    };

    /// <summary>What a consumer sends with its protocols: version 0 of the subscription.</summary>
    internal static byte[] Subscription(params string[] topics)
    {
        RecordWriter writer = new RecordWriter().Int16(0).Int32(topics.Length);
        foreach (string topic in topics)
        {
            writer.Text(topic);
        }

        return writer.Int32(-1).ToArray();
    }

    internal Task<JoinGroupResult> Begin(JoinGroupRequest request) => Groups.JoinAsync(request).AsTask();

    internal JoinGroupResult Join(JoinGroupRequest request) => Now(Begin(request));

    /// <summary>Waits for an answer that needs no other request and no time.</summary>
    internal T Now<T>(Task<T> task)
    {
        for (int step = 0; step < 100 && !task.IsCompleted; step++)
        {
            Life.Step();
        }

        Assert.True(task.IsCompleted, "The answer waits for something.");
        return task.GetAwaiter().GetResult();
    }

    internal bool IsParked<T>(Task<T> task)
    {
        for (int step = 0; step < 10; step++)
        {
            Life.Step();
        }

        return !task.IsCompleted;
    }

    /// <summary>The first step of a new dynamic member: it gets its id.</summary>
    internal string NewId()
    {
        JoinGroupResult result = Join(Request());
        Assert.Equal(ErrorCode.MemberIdRequired, result.Error);
        return result.MemberId;
    }

    internal Task<SyncGroupResult> BeginSync(string memberId, int generation, params (string MemberId, byte Value)[] assignments) => Groups.SyncAsync(new SyncGroupRequest
    {
        GroupId = Group,
        MemberId = memberId,
        GenerationId = generation,
        Assignments = [.. assignments.Select(static assignment => new MemberAssignment(assignment.MemberId, new[] { assignment.Value }))],
    }).AsTask();

    internal Task<SyncGroupResult> BeginSync(string memberId, int generation, string? instanceId, IReadOnlyList<MemberAssignment> assignments) => Groups.SyncAsync(
        new SyncGroupRequest { GroupId = Group, MemberId = memberId, GenerationId = generation, GroupInstanceId = instanceId, Assignments = assignments }).AsTask();

    internal SyncGroupResult Sync(string memberId, int generation, params (string MemberId, byte Value)[] assignments) => Now(BeginSync(memberId, generation, assignments));

    /// <summary>
    /// Joins members and completes the generation: each is assigned its place in
    /// <paramref name="memberIds"/>. Returns the generation.
    /// </summary>
    internal int Rebalance(params string[] memberIds)
    {
        JoinGroupResult[] joined = JoinAll(memberIds);
        (string MemberId, byte Value)[] assignments = [.. memberIds.Select(static (id, i) => (id, (byte)i))];
        Task<SyncGroupResult>[] syncs = [.. joined.Select(member => BeginSync(member.MemberId, member.GenerationId, member.MemberId == member.Leader ? assignments : []))];
        Assert.Equal(assignments.Select(static assignment => assignment.Value), syncs.Select(sync => Assert.Single(Now(sync).Assignment.ToArray())));
        Assert.Equal(GroupState.Stable, State);
        return joined[0].GenerationId;
    }

    /// <summary>Joins members into one generation, which is not assigned yet.</summary>
    internal JoinGroupResult[] JoinAll(params string[] memberIds)
    {
        Task<JoinGroupResult>[] joins = [.. memberIds.Select(id => Begin(Request(id)))];
        for (int i = 0; i < joins.Length; i++)
        {
            if (joins[i].IsCompleted && joins.Any(static join => !join.IsCompleted))
            {
                joins[i] = Begin(Request(memberIds[i])); // It was in an earlier generation.
            }
        }

        JoinGroupResult[] joined = [.. joins.Select(Now)];
        Assert.All(joined, result => Assert.Equal((ErrorCode.None, joined[0].GenerationId), (result.Error, result.GenerationId)));
        return joined;
    }

    /// <summary>Creates a stable group of new dynamic members.</summary>
    internal string[] Stable(int count)
    {
        string[] ids = [.. Enumerable.Range(0, count).Select(_ => NewId())];
        Rebalance(ids);
        return ids;
    }

    internal ErrorCode Heartbeat(string memberId, int? generation = null) => Groups.Heartbeat(Group, memberId, generation ?? Generation);

    internal ErrorCode Commit(string memberId, int generation, long offset = 1, int partition = 0, string? instanceId = null) => Life.Wait(Groups.CommitOffsetsAsync(
        Group, memberId, generation, [KeyValuePair.Create(new TopicPartition("orders", partition), new OffsetAndMetadata(offset))], instanceId))[0].Error;

    internal long? Committed(int partition = 0) => Groups.FetchOffsets(Group, [new TopicPartition("orders", partition)])[0].Committed?.Offset;

    /// <summary>Lets time pass in steps, with the heartbeats of living members.</summary>
    internal void Pass(int ms, params string[] living)
    {
        for (int passed = 0; passed < ms; passed += 3 * Second)
        {
            Life.Advance(Math.Min(3 * Second, ms - passed));
            foreach (string memberId in living)
            {
                Assert.Contains(Heartbeat(memberId), (ErrorCode[])[ErrorCode.None, ErrorCode.RebalanceInProgress]);
            }
        }
    }
}
