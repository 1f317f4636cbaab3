namespace Zurau.Testing.Simulation;

/// <summary>A planted fault that a scenario has to catch: what it breaks, and the hooks that break it.</summary>
/// <param name="Name">Its name for the command line.</param>
/// <param name="Breaks">What it does, as a sentence.</param>
/// <param name="Hooks">Makes the hooks of a process.</param>
internal sealed record Mutant(string Name, string Breaks, Func<SimProcess, SimHooks> Hooks);
