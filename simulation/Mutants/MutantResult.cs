namespace Zurau.Simulation;

/// <summary>The result of a mutant.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="IsCaught">Whether it was caught.</param>
/// <param name="Seed">The seed that caught it; null if a test did.</param>
/// <param name="Seeds">The number of seeds that ran.</param>
/// <param name="Seconds">The duration without the build.</param>
/// <param name="Message">The violation, the failed test, or why it was not caught.</param>
internal sealed record MutantResult(MutantPatch Mutant, bool IsCaught, long? Seed, long Seeds, double Seconds, string Message);
