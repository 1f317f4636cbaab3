using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// A planted fault that a scenario must detect and that requires no change of the engine:
/// its hooks corrupt memory, or its storage is broken. Faults in code are source patches.
/// </summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Breaks">A sentence that describes its effect.</param>
internal sealed record Mutant(string Name, string Breaks)
{
    /// <summary>Creates the hooks of a process; null for hooks without a fault.</summary>
    public Func<SimProcess, SimHooks>? Hooks { get; init; }

    /// <summary>Wraps the storage of a process; null for the disk itself.</summary>
    public Func<IStorage, IStorage>? Storage { get; init; }
}
