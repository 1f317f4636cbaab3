using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Selects the results of peers, which may be missing: not requested, not installed, or
/// failed.
/// </summary>
internal static class Entries
{
    /// <summary>
    /// Returns the given peers that were measured, compared with our values.
    /// </summary>
    internal static IReadOnlyList<Peer> Peers(this IReadOnlyDictionary<string, Entry> entries, Samples ours, params IEnumerable<string> names) =>
        [.. names.Where(entries.ContainsKey).Select(name => Peer.Of(ours, entries[name]))];

    /// <summary>
    /// Returns the given peers that were measured, compared by the 99th percentile.
    /// </summary>
    internal static IReadOnlyList<Peer> TailPeers(this IReadOnlyDictionary<string, Entry> entries, Samples ours, params IEnumerable<string> names) =>
        [.. names.Where(entries.ContainsKey).Select(name => Peer.Of(ours, entries[name], entries[name].Tail!))];

    /// <summary>
    /// Returns the target of a minimum ratio to a peer; none if the peer was not
    /// measured.
    /// </summary>
    internal static IReadOnlyList<Target> RatioAtLeast(this IReadOnlyDictionary<string, Entry> entries, Samples ours, string peer, double wanted) =>
        entries.TryGetValue(peer, out Entry? entry) ? [Target.AtLeast($"ratio to {peer}", wanted, ours.RatioTo(entry.Value))] : [];

    /// <summary>
    /// Returns the target of a maximum ratio to a peer; none if the peer was not
    /// measured.
    /// </summary>
    internal static IReadOnlyList<Target> RatioAtMost(this IReadOnlyDictionary<string, Entry> entries, Samples ours, string peer, double wanted) =>
        entries.TryGetValue(peer, out Entry? entry) ? [Target.AtMost($"ratio to {peer}", wanted, ours.RatioTo(entry.Value))] : [];
}
