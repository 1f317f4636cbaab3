namespace Zurau.Harness.Bench.Results;

/// <summary>A peer that did the same work in the same rounds as ours.</summary>
/// <param name="Name">The peer and its mode.</param>
/// <param name="Settings">The description of its settings.</param>
/// <param name="Median">The median in the unit of the row.</param>
/// <param name="Min">The minimum.</param>
/// <param name="Max">The maximum.</param>
/// <param name="Runs">The number of rounds.</param>
/// <param name="Ratio">Our figure divided by the peer's: the median of the ratios of each
/// round.</param>
internal sealed record Peer(string Name, string Settings, double Median, double Min, double Max, int Runs, double Ratio)
{
    internal static Peer Of(Samples ours, Entry peer) => Of(ours, peer, peer.Value);

    internal static Peer Of(Samples ours, Entry peer, Samples peers) =>
        new(peer.Name, peer.Settings, peers.Median, peers.Min, peers.Max, peers.Values.Count, ours.RatioTo(peers));
}
