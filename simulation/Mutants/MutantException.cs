namespace Zurau.Simulation;

/// <summary>Thrown if a mutant cannot be read, applied or built; the message names the way out.</summary>
internal sealed class MutantException(string message) : Exception(message);
