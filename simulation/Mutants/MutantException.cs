namespace Zurau.Simulation;

/// <summary>
/// Thrown if a mutant cannot be read, applied or built. The message contains the
/// recommended action.
/// </summary>
internal sealed class MutantException(string message) : Exception(message);
