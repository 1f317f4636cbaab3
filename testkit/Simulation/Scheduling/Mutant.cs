using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>A planted fault that a scenario has to catch. It breaks the engine from outside: by its hooks, or by the storage that it is given.</summary>
/// <param name="Name">Its name for the command line.</param>
/// <param name="Breaks">What it does, as a sentence.</param>
internal sealed record Mutant(string Name, string Breaks)
{
    /// <summary>Makes the hooks of a process; null for the ones that break nothing.</summary>
    public Func<SimProcess, SimHooks>? Hooks { get; init; }

    /// <summary>False where it does its harm in a plan as it is drawn, without a crash at a certain step.</summary>
    public bool NeedsCrash { get; init; } = true;

    /// <summary>Wraps the storage of a process; null for the disk itself.</summary>
    public Func<IStorage, IStorage>? Storage { get; init; }
}
