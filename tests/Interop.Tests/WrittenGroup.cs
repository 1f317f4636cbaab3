using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// A directory with a stable group of two members, one of them static, and its offset in
/// topic <c>t</c>; and with a group that has become empty.
/// </summary>
internal static class WrittenGroup
{
    internal const string Group = "workers";
    internal const string EmptyGroup = "former";
    internal const long Offset = 2;
    private const int SessionTimeoutMs = 1_800_000; // Longer than the start of a broker.

    // Version 0 of the consumer's protocol: topic t; partition 0, and no partition.
    private static readonly byte[] s_subscription = Convert.FromHexString("000000000001000174FFFFFFFF");
    private static readonly byte[] s_partition0 = Convert.FromHexString("0000000000010001740000000100000000FFFFFFFF");
    private static readonly byte[] s_nothing = Convert.FromHexString("000000000000FFFFFFFF");

    /// <summary>Writes it and closes the directory cleanly; returns the ids of the members, the static one last.</summary>
    internal static async Task<string[]> WriteAsync(string directory)
    {
        await using var broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory) });
        Assert.True(broker.CreateTopic(new NewTopic("t", 1)).IsSuccess);
        JoinGroupRequest request = Request(Group, "client-a", null);
        JoinGroupResult first = await broker.Groups.JoinAsync(request);
        Task<JoinGroupResult> second = broker.Groups.JoinAsync(Request(Group, "client-b", "instance-b")).AsTask();
        first = await broker.Groups.JoinAsync(request with { MemberId = first.MemberId });
        JoinGroupResult other = await second;
        Task<SyncGroupResult> waiting = SyncAsync(broker, other, other.MemberId == other.Leader, first.MemberId, other.MemberId);
        Assert.Equal(ErrorCode.None, (await SyncAsync(broker, first, first.MemberId == first.Leader, first.MemberId, other.MemberId)).Error);
        Assert.Equal(ErrorCode.None, (await waiting).Error);
        var partition = new TopicPartition("t", 0);
        Assert.Equal(ErrorCode.None, (await broker.Groups.CommitOffsetsAsync(Group, first.MemberId, first.GenerationId, [KeyValuePair.Create(partition, new OffsetAndMetadata(Offset))]))[0].Error);

        JoinGroupResult former = await broker.Groups.JoinAsync(Request(EmptyGroup, "client-c", null));
        Assert.Equal(ErrorCode.None, broker.Groups.Leave(EmptyGroup, former.MemberId));
        return [first.MemberId, other.MemberId];
    }

    private static JoinGroupRequest Request(string group, string clientId, string? instanceId) => new()
    {
        GroupId = group,
        GroupInstanceId = instanceId,
        ClientId = clientId,
        ClientHost = "/127.0.0.1",
        SessionTimeoutMs = SessionTimeoutMs,
        Protocols = [new GroupProtocol("range", s_subscription)],
        RequiresKnownMemberId = false,
    };

    private static Task<SyncGroupResult> SyncAsync(Broker broker, JoinGroupResult joined, bool isLeader, string first, string second) => broker.Groups.SyncAsync(new SyncGroupRequest
    {
        GroupId = Group,
        GenerationId = joined.GenerationId,
        MemberId = joined.MemberId,
        Assignments = isLeader ? [new MemberAssignment(first, s_partition0), new MemberAssignment(second, s_nothing)] : [],
    }).AsTask();
}
