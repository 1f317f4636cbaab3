namespace Zurau.Testing.Simulation;

/// <summary>Reports that the tested program did something that causes a crash or a loss of data on a real machine. The run ends.</summary>
public sealed class SimulationFailure(string message) : Exception(message);
