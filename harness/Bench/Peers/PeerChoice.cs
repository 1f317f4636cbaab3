namespace Zurau.Harness.Bench.Peers;

/// <summary>Which peers a run measures beside ours.</summary>
/// <param name="WithServers">Also those that are servers of their own.</param>
/// <param name="WithLibraries">Also those that are libraries in this process.</param>
internal sealed record PeerChoice(bool WithServers, bool WithLibraries)
{
    internal const string Names = "none, local (libraries in this process), all (also Redis, NATS and Kafka)";

    /// <summary>Reads the command line's word; null where it is none of <see cref="Names"/>.</summary>
    internal static PeerChoice? Parse(string name) => name switch
    {
        "none" => new PeerChoice(false, false),
        "local" => new PeerChoice(false, true),
        "all" => new PeerChoice(true, true),
        _ => null,
    };
}
