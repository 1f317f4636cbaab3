namespace Zurau.Harness.Bench.Results;

/// <summary>One figure of a run, with its spread and what it is compared with.</summary>
internal sealed record Row
{
    /// <summary>Names the figure for ever, such as <c>P1.acks1.100B.t1</c>.</summary>
    public required string Id { get; init; }

    public required string What { get; init; }

    public required string Unit { get; init; }

    public required double Median { get; init; }

    public required double Min { get; init; }

    public required double Max { get; init; }

    public required int Runs { get; init; }

    /// <summary>The values in the order of the rounds.</summary>
    public required IReadOnlyList<double> Samples { get; init; }

    public required string Settings { get; init; }

    public IReadOnlyList<LimitShare> Limits { get; init; } = [];

    public IReadOnlyList<Peer> Peers { get; init; } = [];

    public IReadOnlyList<Target> Targets { get; init; } = [];

    public IReadOnlyList<PlotPoint> Plots { get; init; } = [];

    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>Managed bytes allocated by the whole process for each record; null where nobody looked.</summary>
    public double? AllocatedBytesPerRecord { get; init; }

    /// <summary>What the work used up.</summary>
    public Cost? Cost { get; init; }

    internal static Row Of(string id, string what, string unit, Samples samples, string settings) => new()
    {
        Id = id,
        What = what,
        Unit = unit,
        Median = samples.Median,
        Min = samples.Min,
        Max = samples.Max,
        Runs = samples.Values.Count,
        Samples = samples.Values,
        Settings = settings,
    };

    /// <summary>Makes a row of other samples of an entry than its values, such as its tail.</summary>
    internal static Row Of(string id, string what, string unit, Samples samples, Entry entry) =>
        Of(id, what, unit, samples, entry.Settings) with { Cost = entry.Cost };

    internal static Row Of(string id, string what, string unit, Entry entry) =>
        Of(id, what, unit, entry.Value, entry) with { AllocatedBytesPerRecord = entry.Allocated?.Median };
}
