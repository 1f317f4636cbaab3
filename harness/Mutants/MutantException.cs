namespace Zurau.Harness.Mutants;

/// <summary>A mutant that cannot be read, applied or built; the message says what to do.</summary>
internal sealed class MutantException(string message) : Exception(message);
