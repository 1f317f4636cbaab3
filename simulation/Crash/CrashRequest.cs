namespace Zurau.Simulation;

/// <summary>The options of the command line.</summary>
/// <param name="Seed">The first seed.</param>
/// <param name="Seeds">The number of seeds.</param>
/// <param name="Plan">A plan, or a file with one; null to draw plans from seeds.</param>
/// <param name="Sweep">True to crash at every step.</param>
/// <param name="Mutant">The name of a mutant, <c>all</c>, or null.</param>
/// <param name="Lanes">The number of worlds that run in parallel.</param>
/// <param name="Timeline">The number of steps before a violation that are shown.</param>
/// <param name="ShowsPlan">True to print only the plan of the seed.</param>
/// <param name="StopsAtFirst">True to end the run at the first violation and print it on
/// one line, without a simpler plan.</param>
internal sealed record CrashRequest(ulong Seed, int Seeds, string? Plan, bool Sweep, string? Mutant, int Lanes, int Timeline, bool ShowsPlan, bool StopsAtFirst);
