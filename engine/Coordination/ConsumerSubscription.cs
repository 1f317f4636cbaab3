namespace Zurau.Engine.Coordination;

/// <summary>
/// Reads which topics the members of a group of consumers are subscribed to: the first
/// fields of the metadata that each member has sent, which are the same in all versions.
/// </summary>
internal static class ConsumerSubscription
{
    private const string ProtocolType = "consumer";

    internal static bool IsConsumer(GroupMetadata group) => group.ProtocolType == ProtocolType;

    /// <summary>Returns the topics; null if they are unknown.</summary>
    internal static IReadOnlySet<string>? Topics(GroupMetadata group)
    {
        var topics = new HashSet<string>(StringComparer.Ordinal);
        if (!IsConsumer(group) || (group.Protocol is null && !group.Members.IsEmpty))
        {
            return null;
        }

        foreach (GroupMember member in group.Members.Values)
        {
            if (!TryRead(member.Metadata(group.Protocol).Span, topics))
            {
                return null;
            }
        }

        return topics;
    }

    /// <summary>
    /// Returns whether members may be subscribed to a topic; a group of consumers whose
    /// topics are unknown may be subscribed to each.
    /// </summary>
    internal static bool MayInclude(GroupMetadata? group, string topic) => group is not null && IsConsumer(group) && Topics(group)?.Contains(topic) != false;

    private static bool TryRead(ReadOnlySpan<byte> metadata, HashSet<string> topics)
    {
        var parser = new RecordParser(metadata);
        _ = parser.Int16(); // The version.
        for (int count = parser.Count(isCompact: false); count > 0 && !parser.IsBroken; count--)
        {
            topics.Add(parser.Text());
        }

        return !parser.IsBroken;
    }
}
