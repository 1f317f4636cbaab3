using System.Text.RegularExpressions;

namespace Zurau.Transport;

/// <summary>The topics that a member of a group reads: named ones, or all whose name matches a pattern. Immutable.</summary>
public sealed class Subscription
{
    private Subscription(IReadOnlyCollection<string> topics, Regex? pattern)
    {
        Topics = topics;
        Pattern = pattern;
    }

    /// <summary>Gets the names, each once; empty for a pattern.</summary>
    public IReadOnlyCollection<string> Topics { get; }

    /// <summary>Gets the pattern; null for names. Internal topics never match.</summary>
    public Regex? Pattern { get; }

    /// <summary>Creates a subscription to named topics.</summary>
    public static Subscription To(IEnumerable<string> topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return new Subscription([.. topics.Distinct(StringComparer.Ordinal)], null);
    }

    /// <summary>Creates a subscription to all topics, present and future, that a pattern matches.</summary>
    public static Subscription Matching(Regex pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new Subscription([], pattern);
    }
}
