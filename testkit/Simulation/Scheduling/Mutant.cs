using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A planted fault that a scenario must catch, without a change of the engine: its hooks harm its memory, or its storage is broken. Faults of the
/// code are patches (tests/Simulation.Tests/Mutants).
/// </summary>
/// <param name="Name">Its name for the command line.</param>
/// <param name="Breaks">What it does, as a sentence.</param>
internal sealed record Mutant(string Name, string Breaks)
{
    /// <summary>Makes the hooks of a process; null for the ones that break nothing.</summary>
    public Func<SimProcess, SimHooks>? Hooks { get; init; }

    /// <summary>Wraps the storage of a process; null for the disk itself.</summary>
    public Func<IStorage, IStorage>? Storage { get; init; }
}
