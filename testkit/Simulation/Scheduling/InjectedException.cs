namespace Zurau.Testing.Simulation;

/// <summary>Injected into a duty, to check that the process survives it.</summary>
internal sealed class InjectedException(string place) : Exception($"The simulator injected this exception into a duty at '{place}'.");
