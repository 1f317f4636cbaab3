using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>Asks a contest's outcome for peers, which may be missing: not asked for, not installed, or failed.</summary>
internal static class Entries
{
    /// <summary>Those of some peers that took part, beside ours.</summary>
    internal static IReadOnlyList<Peer> Peers(this IReadOnlyDictionary<string, Entry> entries, Samples ours, params IEnumerable<string> names) =>
        [.. names.Where(entries.ContainsKey).Select(name => Peer.Of(ours, entries[name]))];

    /// <summary>The same by their 99th percentiles.</summary>
    internal static IReadOnlyList<Peer> TailPeers(this IReadOnlyDictionary<string, Entry> entries, Samples ours, params IEnumerable<string> names) =>
        [.. names.Where(entries.ContainsKey).Select(name => Peer.Of(ours, entries[name], entries[name].Tail!))];

    /// <summary>The target of being at least so many times as good as a peer; none where the peer did not take part.</summary>
    internal static IReadOnlyList<Target> RatioAtLeast(this IReadOnlyDictionary<string, Entry> entries, Samples ours, string peer, double wanted) =>
        entries.TryGetValue(peer, out Entry? entry) ? [Target.AtLeast($"ratio to {peer}", wanted, ours.RatioTo(entry.Value))] : [];

    /// <summary>The target of taking at most so large a part of a peer's time; none where the peer did not take part.</summary>
    internal static IReadOnlyList<Target> RatioAtMost(this IReadOnlyDictionary<string, Entry> entries, Samples ours, string peer, double wanted) =>
        entries.TryGetValue(peer, out Entry? entry) ? [Target.AtMost($"ratio to {peer}", wanted, ours.RatioTo(entry.Value))] : [];
}
