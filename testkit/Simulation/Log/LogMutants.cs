using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>What the checks of the scenario 'log' have to notice.</summary>
internal static class LogMutants
{
    internal static IReadOnlyList<Mutant> All { get; } =
    [
        new("stops-at-sealed-end", "The push loop ends at a sealed end.", static process => new StopsAtSeal(process)),
    ];

    private sealed class StopsAtSeal(SimProcess process) : SimHooks(process)
    {
        internal override bool StopsAtSealedEnd => true;
    }
}
