namespace Zurau.Harness.Bench;

/// <summary>Somebody who does the work that is compared: ours, a peer, or a limit of the machine.</summary>
/// <param name="Name">As it is written in the results.</param>
/// <param name="Settings">How it was set up.</param>
/// <param name="Run">Does the work once on fresh data and measures it.</param>
internal sealed record Contestant(string Name, string Settings, Func<Measurement> Run)
{
    /// <summary>Whether the others go on without it when it fails.</summary>
    internal bool IsPeer { get; init; }
}
