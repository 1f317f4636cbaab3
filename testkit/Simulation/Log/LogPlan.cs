namespace Zurau.Testing.Simulation;

/// <summary>A run of the scenario 'log': all that is decided before it; the seed decides who moves when and what a crash leaves.</summary>
internal sealed record LogPlan
{
    public ulong Seed { get; init; }

    public string Profile { get; init; } = nameof(DiskProfile.Nasty);

    public int Partitions { get; init; } = 1;

    public int FlushMessages { get; init; }

    public IReadOnlyList<LifePlan> Lives { get; init; } = [];
}
