using System.Text.Json;
using CsCheck;
using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>The records of members in <c>__consumer_offsets</c>.</summary>
public sealed class GroupRecordTests
{
    // From the public record layouts: group g.
    private const string GoldenKey = "0002000167";

    // Protocol type t, generation 1, protocol p, leader m, time 5; member m of client c on host h with the
    // rebalance timeout 9, the session timeout 8, metadata 0A and assignment 0B.
    private const string Members0 = "000000010001" + "6d" + "0001" + "63" + "0001" + "68" + "00000008" + "00000001" + "0a" + "00000001" + "0b";
    private const string Members1 = "000000010001" + "6d" + "0001" + "63" + "0001" + "68" + "00000009" + "00000008" + "00000001" + "0a" + "00000001" + "0b";
    private const string Members3 = "000000010001" + "6d" + "ffff" + "0001" + "63" + "0001" + "68" + "00000009" + "00000008" + "00000001" + "0a" + "00000001" + "0b";
    private const string Group = "000174" + "00000001" + "000170" + "00016d";
    private const string Time = "0000000000000005";

    public static TheoryData<string> Versions =>
    [
        "0000" + Group + Members0,
        "0001" + Group + Members1,
        "0002" + Group + Time + Members1,
        "0003" + Group + Time + Members3,
        "0004" + "0274" + "00000001" + "0270" + "026d" + Time + "02" + "026d" + "00" + "0263" + "0268" + "00000009" + "00000008" + "020a" + "020b" + "00" + "00",
    ];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Every_version_of_a_group_s_value_is_read(string hex)
    {
        Assert.True(GroupRecords.TryReadValue(Convert.FromHexString(hex), out GroupMetadata group));
        Assert.Equal((GroupState.Stable, "t", 1, "p", "m"), (group.State, group.ProtocolType, group.GenerationId, group.Protocol, group.Leader));
        short version = Convert.ToInt16(hex[..4], 16);
        Assert.Equal(version >= 2 ? 5L : (long?)null, group.StateTime?.WallMs);
        GroupMember member = Assert.Single(group.Members).Value;
        Assert.Equal(("m", (string?)null, "c", "h", version == 0 ? 8 : 9, 8), (member.MemberId, member.InstanceId, member.ClientId, member.ClientHost, member.RebalanceTimeoutMs, member.SessionTimeoutMs));
        Assert.Equal("0A0B", Convert.ToHexString([.. member.Metadata("p").ToArray(), .. member.Assignment.ToArray()]));
    }

    [Fact]
    public void A_value_that_is_truncated_or_of_a_newer_version_is_not_read()
    {
        byte[] value = Convert.FromHexString("0003" + Group + Time + Members3);
        for (int length = 0; length < value.Length; length++)
        {
            Assert.False(GroupRecords.TryReadValue(value.AsSpan(0, length), out _), $"{length} bytes");
        }

        Assert.False(GroupRecords.TryReadValue(Convert.FromHexString("0005" + Group + Time + Members3), out _));
    }

    [Fact]
    public void Keys_are_byte_for_byte_Kafka_s_and_others_are_not_read()
    {
        Assert.Equal(GoldenKey, Convert.ToHexStringLower(GroupRecords.Key("g")));
        Assert.True(GroupRecords.TryReadKey(Convert.FromHexString(GoldenKey), out string groupId));
        Assert.Equal("g", groupId);
        Assert.All((string[])["", "00", "0001000167", "0003000167", "00020002", "0002"], static key => Assert.False(GroupRecords.TryReadKey(Convert.FromHexString(key), out _)));
    }

    [Theory]
    [InlineData("__consumer_offsets-0", 4)]
    [InlineData("__consumer_offsets-1", 2)]
    public void Recorded_groups_are_written_byte_for_byte_as_Kafka_wrote_them(string partition, int count) // K15
    {
        int found = 0;
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(Path.Combine(GoldenDirectory.Root, "clean", partition, "00000000000000000000.log"));
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            RecordReader records = batch.Records();
            while (records.Read())
            {
                if (GroupRecords.TryReadKey(records.Key, out string groupId))
                {
                    Assert.True(GroupRecords.TryReadValue(records.Value, out GroupMetadata group));
                    Assert.Equal(Convert.ToHexString(records.Key), Convert.ToHexString(GroupRecords.Key(groupId)));
                    Assert.Equal(Convert.ToHexString(records.Value), Convert.ToHexString(GroupRecords.Value(group)));
                    found++;
                }
            }

            bytes = bytes[batch.SizeBytes..];
        }

        Assert.Equal(count, found);
    }

    [Fact]
    public async Task Recorded_groups_load_to_what_Kafka_answered() // K15
    {
        using var directory = new GoldenDirectory("clean");
        JsonElement[] answers = [.. File.ReadAllLines(Path.Combine(GoldenDirectory.Root, "answers.jsonl")).Select(static line => JsonDocument.Parse(line).RootElement)];
        string[] groups = [.. answers.Where(static answer => answer.TryGetProperty("group", out _)).Select(static answer => $"{answer.GetProperty("group").GetProperty("id")} {answer.GetProperty("group").GetProperty("state")}")];
        string[] members =
        [
            .. answers.Where(static answer => answer.TryGetProperty("member", out _)).Select(static answer => answer.GetProperty("member"))
                .Select(static member => $"{member.GetProperty("group")} {member.GetProperty("id")} {member.GetProperty("instance")} {member.GetProperty("client")} {member.GetProperty("assignment")}"),
        ];
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path, allowAnyFileSystem: true), LoggerFactory = NullLoggerFactory.Instance });
        Assert.Equal(groups.Order(StringComparer.Ordinal), broker.Groups.List().Select(static group => $"{group.GroupId} {group.State}"));
        Assert.Equal(
            members.Order(StringComparer.Ordinal),
            broker.Groups.List().SelectMany(group => broker.Groups.Describe(group.GroupId).Members.Select(member =>
                $"{group.GroupId} {member.MemberId} {member.GroupInstanceId} {member.ClientId} {Assignment(member.Assignment.Span)}")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Any_group_record_comes_back() => Gen.Select(Gen.Int[0, 5], Gen.Int, Gen.Byte.Array[0, 20], Gen.Bool).Holds(static record =>
    {
        (int count, int generation, byte[] bytes, bool isStatic) = record;
        GroupMember[] members =
        [
            .. Enumerable.Range(0, count).Select(i => new GroupMember
            {
                MemberId = $"member-{i}",
                InstanceId = isStatic ? $"instance-{i}" : null,
                ClientId = "client ä",
                ClientHost = "/127.0.0.1",
                SessionTimeoutMs = 1000 + i,
                RebalanceTimeoutMs = 2000 + i,
                Protocols = [new GroupProtocol("range", bytes)],
                Assignment = bytes.Append((byte)i).ToArray(),
            }),
        ];
        var group = new GroupMetadata
        {
            State = count == 0 ? GroupState.Empty : GroupState.Stable,
            StateTime = new RecordedTime(1),
            ProtocolType = "consumer",
            GenerationId = generation,
            Protocol = count == 0 ? null : "range",
            Leader = count == 0 ? null : "member-0",
            Members = GroupMetadata.NoMembers.AddRange(members.Select(static member => KeyValuePair.Create(member.MemberId, member))),
        };
        Assert.True(GroupRecords.TryReadValue(GroupRecords.Value(group), out GroupMetadata read));
        Assert.Equal(Convert.ToHexString(GroupRecords.Value(group)), Convert.ToHexString(GroupRecords.Value(read)));
        Assert.Equal((group.State, group.StateTime, group.GenerationId, group.Leader), (read.State, read.StateTime, read.GenerationId, read.Leader));
    });

    // A consumer's assignment, in the text of the recorded answers.
    private static string Assignment(ReadOnlySpan<byte> bytes)
    {
        var parser = new RecordParser(bytes);
        _ = parser.Int16();
        var partitions = new List<string>();
        for (int topics = parser.Int32(); topics > 0; topics--)
        {
            string topic = parser.Text();
            for (int count = parser.Int32(); count > 0; count--)
            {
                partitions.Add($"{topic}-{parser.Int32()}");
            }
        }

        Assert.False(parser.IsBroken);
        return $"[{string.Join(", ", partitions)}]";
    }
}
