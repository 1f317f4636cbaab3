namespace Zurau.Harness.Bench.Results;

/// <summary>Somebody who did the same work in turn with ours.</summary>
/// <param name="Name">Who, and in which mode.</param>
/// <param name="Settings">How it was set up.</param>
/// <param name="Median">In the unit of the row.</param>
/// <param name="Min">The smallest value.</param>
/// <param name="Max">The largest value.</param>
/// <param name="Runs">Rounds.</param>
/// <param name="Ratio">Ours divided by the peer's: the median of the ratios round by round.</param>
internal sealed record Peer(string Name, string Settings, double Median, double Min, double Max, int Runs, double Ratio)
{
    internal static Peer Of(Samples ours, Entry peer) => Of(ours, peer, peer.Value);

    internal static Peer Of(Samples ours, Entry peer, Samples peers) =>
        new(peer.Name, peer.Settings, peers.Median, peers.Min, peers.Max, peers.Values.Count, ours.RatioTo(peers));
}
