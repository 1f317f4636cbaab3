namespace Zurau.Harness.Bench;

/// <summary>
/// A participant of a comparison: our engine, a peer, or a limit of the machine.
/// </summary>
/// <param name="Name">The name in the results.</param>
/// <param name="Settings">The description of its settings.</param>
/// <param name="Run">Executes the work once on fresh data and measures it.</param>
internal sealed record Contestant(string Name, string Settings, Func<Measurement> Run)
{
    /// <summary>
    /// Gets whether the other contestants continue without it after a failure.
    /// </summary>
    internal bool IsPeer { get; init; }
}
