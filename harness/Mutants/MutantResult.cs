namespace Zurau.Harness.Mutants;

/// <summary>How a mutant ended.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="IsCaught">Whether it was noticed.</param>
/// <param name="Seed">The seed that noticed it; null if a test did.</param>
/// <param name="Seeds">How many seeds were run.</param>
/// <param name="Seconds">How long that took, without the build.</param>
/// <param name="Said">What was said about it.</param>
internal sealed record MutantResult(MutantPatch Mutant, bool IsCaught, long? Seed, long Seeds, double Seconds, string Said);
