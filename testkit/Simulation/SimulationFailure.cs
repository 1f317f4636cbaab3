namespace Zurau.Testing.Simulation;

/// <summary>
/// Reports a violation: the tested program did something that causes a crash or data loss
/// on a real machine. Ends the run.
/// </summary>
public sealed class SimulationFailure(string message) : Exception(message);
