namespace Zurau.Harness.Crash;

/// <summary>What the command line asks for.</summary>
/// <param name="Seed">The first seed.</param>
/// <param name="Seeds">How many.</param>
/// <param name="Plan">A plan, or a file with one; null draws plans from seeds.</param>
/// <param name="Sweep">Whether every step is crashed at.</param>
/// <param name="Mutant">A mutant's name, <c>all</c>, or null.</param>
/// <param name="Lanes">Worlds at once.</param>
/// <param name="Timeline">How many steps before a violation are shown.</param>
/// <param name="ShowsPlan">Whether only the plan of the seed is printed.</param>
/// <param name="StopsAtFirst">Whether the first violation ends the run and is printed on one line, without a simpler plan.</param>
internal sealed record CrashRequest(ulong Seed, int Seeds, string? Plan, bool Sweep, string? Mutant, int Lanes, int Timeline, bool ShowsPlan, bool StopsAtFirst);
