namespace Zurau.Testing.Simulation;

/// <summary>What ran in the simulation did something that a real machine answers with death or loss; the run is over.</summary>
public sealed class SimulationFailure(string message) : Exception(message);
