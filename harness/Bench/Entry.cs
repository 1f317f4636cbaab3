namespace Zurau.Harness.Bench;

/// <summary>What a contestant reached over all rounds.</summary>
internal sealed record Entry(string Name, string Settings, Samples Value, Samples? Tail, Samples? Allocated)
{
    internal static Entry Of(Contestant contestant, IReadOnlyList<Measurement> rounds) => new(
        contestant.Name,
        contestant.Settings,
        new Samples(rounds.Select(static round => round.Value)),
        rounds[0].Tail is null ? null : new Samples(rounds.Select(static round => round.Tail!.Value)),
        rounds[0].AllocatedBytesPerRecord is null ? null : new Samples(rounds.Select(static round => round.AllocatedBytesPerRecord!.Value)));
}
