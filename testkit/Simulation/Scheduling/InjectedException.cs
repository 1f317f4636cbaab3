namespace Zurau.Testing.Simulation;

/// <summary>Thrown into a duty to see that the process survives it.</summary>
internal sealed class InjectedException(string place) : Exception($"thrown into a duty at '{place}' by the simulator");
