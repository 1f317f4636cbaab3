namespace Zurau.Harness.Bench.Peers;

/// <summary>Specifies which peers a run measures.</summary>
/// <param name="WithServers">True to include those that are separate servers.</param>
/// <param name="WithLibraries">True to include those that are libraries in this
/// process.</param>
internal sealed record PeerChoice(bool WithServers, bool WithLibraries)
{
    internal const string Names = "none, local (libraries in this process), all (also Redis, NATS and Kafka)";

    /// <summary>
    /// Parses the option of the command line; returns null if it is not one of
    /// <see cref="Names"/>.
    /// </summary>
    internal static PeerChoice? Parse(string name) => name switch
    {
        "none" => new PeerChoice(false, false),
        "local" => new PeerChoice(false, true),
        "all" => new PeerChoice(true, true),
        _ => null,
    };
}
