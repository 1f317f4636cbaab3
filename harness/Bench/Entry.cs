using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>The result of a contestant over all rounds, and its cost.</summary>
internal sealed record Entry(string Name, string Settings, Samples Value, Samples? Tail, Samples? Allocated, Cost Cost)
{
    internal static Entry Of(Contestant contestant, IReadOnlyList<Measurement> rounds) => new(
        contestant.Name,
        contestant.Settings,
        new Samples(rounds.Select(static round => round.Value)),
        rounds[0].Tail is null ? null : new Samples(rounds.Select(static round => round.Tail!.Value)),
        rounds[0].AllocatedBytesPerRecord is null ? null : new Samples(rounds.Select(static round => round.AllocatedBytesPerRecord!.Value)),
        Cost.Of([.. rounds.Select(static round => round.Cost!)]));
}
