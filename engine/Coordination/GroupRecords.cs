using Zurau.Engine.Common;

namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads and writes the records of <c>__consumer_offsets</c> with the members of classic
/// groups. Key: int16 type 2, group. Value: int16 version; version 3 is protocol type,
/// int32 generation, protocol, leader, time of the state, members; its strings have an
/// int16 length. Apache Kafka 4.3 writes version 3 and reads 0 to 4; so does this.
/// </summary>
internal static class GroupRecords
{
    private const short KeyType = 2;
    private const short ValueVersion = 3;
    private const short FlexibleVersion = 4;
    private const long NoTime = -1;

    internal static byte[] Key(string groupId) => new RecordWriter().Int16(KeyType).Text(groupId).ToArray();

    internal static byte[] Value(GroupMetadata group)
    {
        RecordWriter value = new RecordWriter().Int16(ValueVersion).Text(group.ProtocolType).Int32(group.GenerationId)
            .NullableText(group.Protocol).NullableText(group.Leader).Int64(group.StateTime?.WallMs ?? NoTime).Int32(group.Members.Count);
        foreach (GroupMember member in group.Members.Values)
        {
            value.Text(member.MemberId).NullableText(member.InstanceId).Text(member.ClientId).Text(member.ClientHost)
                .Int32(member.RebalanceTimeoutMs).Int32(member.SessionTimeoutMs).Bytes(member.Metadata(group.Protocol)).Bytes(member.Assignment);
        }

        return value.ToArray();
    }

    /// <summary>Creates a record of a group; null is a tombstone.</summary>
    internal static InternalRecord Record(string groupId, GroupMetadata? group) => new(Key(groupId), group is null ? null : Value(group));

    internal static bool TryReadKey(ReadOnlySpan<byte> key, out string groupId)
    {
        var parser = new RecordParser(key);
        groupId = parser.Int16() == KeyType ? parser.Text() : "";
        return !parser.IsBroken && groupId.Length > 0;
    }

    /// <summary>
    /// Reads a group: stable with members, empty without. Its members have no session yet
    /// (<see cref="GroupDecisions.Restore"/>).
    /// </summary>
    internal static bool TryReadValue(ReadOnlySpan<byte> value, out GroupMetadata group)
    {
        var parser = new RecordParser(value);
        short version = parser.Int16();
        bool isCompact = version >= FlexibleVersion;
        string protocolType = parser.NullableText(isCompact) ?? "";
        int generationId = parser.Int32();
        string? protocol = parser.NullableText(isCompact);
        string? leader = parser.NullableText(isCompact);
        long stateMs = version >= 2 ? parser.Int64() : NoTime;
        var members = GroupMetadata.NoMembers.ToBuilder();
        for (int count = parser.Count(isCompact); count > 0 && !parser.IsBroken; count--)
        {
            GroupMember member = ReadMember(ref parser, version, protocol);
            members[member.MemberId] = member;
        }

        if (isCompact)
        {
            parser.SkipTags();
        }

        group = new GroupMetadata
        {
            State = members.Count == 0 ? GroupState.Empty : GroupState.Stable,
            StateTime = stateMs == NoTime ? null : new RecordedTime(stateMs),
            ProtocolType = protocolType,
            GenerationId = generationId,
            Protocol = protocol,
            Leader = leader is not null && members.ContainsKey(leader) ? leader : members.Keys.FirstOrDefault(),
            Members = members.ToImmutable(),
        };
        return !parser.IsBroken && version is >= 0 and <= FlexibleVersion;
    }

    private static GroupMember ReadMember(ref RecordParser parser, short version, string? protocol)
    {
        bool isCompact = version >= FlexibleVersion;
        string memberId = parser.NullableText(isCompact) ?? "";
        string? instanceId = version >= 3 ? parser.NullableText(isCompact) : null;
        string clientId = parser.NullableText(isCompact) ?? "";
        string clientHost = parser.NullableText(isCompact) ?? "";
        int? rebalanceTimeoutMs = version >= 1 ? parser.Int32() : null;
        int sessionTimeoutMs = parser.Int32();
        byte[] metadata = parser.Bytes(isCompact);
        byte[] assignment = parser.Bytes(isCompact);
        if (isCompact)
        {
            parser.SkipTags();
        }

        return new GroupMember
        {
            MemberId = memberId,
            InstanceId = instanceId,
            ClientId = clientId,
            ClientHost = clientHost,
            SessionTimeoutMs = sessionTimeoutMs,
            RebalanceTimeoutMs = rebalanceTimeoutMs ?? sessionTimeoutMs,
            Protocols = protocol is null ? [] : [new GroupProtocol(protocol, metadata)],
            Assignment = assignment,
        };
    }
}
