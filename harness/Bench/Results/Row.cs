namespace Zurau.Harness.Bench.Results;

/// <summary>One figure of a run, with its spread, limits, peers and targets.</summary>
internal sealed record Row
{
    /// <summary>
    /// Gets the permanent id of the figure, such as <c>P1.acks1.100B.t1</c>.
    /// </summary>
    public required string Id { get; init; }

    public required string What { get; init; }

    public required string Unit { get; init; }

    public required double Median { get; init; }

    public required double Min { get; init; }

    public required double Max { get; init; }

    public required int Runs { get; init; }

    /// <summary>Gets the values in the order of the rounds.</summary>
    public required IReadOnlyList<double> Samples { get; init; }

    public required string Settings { get; init; }

    public IReadOnlyList<LimitShare> Limits { get; init; } = [];

    public IReadOnlyList<Peer> Peers { get; init; } = [];

    public IReadOnlyList<Target> Targets { get; init; } = [];

    public IReadOnlyList<PlotPoint> Plots { get; init; } = [];

    public IReadOnlyList<Curve> Curves { get; init; } = [];

    /// <summary>
    /// Gets the managed bytes that the whole process allocated per record; null if they
    /// were not measured.
    /// </summary>
    public double? AllocatedBytesPerRecord { get; init; }

    /// <summary>Gets the resource usage of the work.</summary>
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

    /// <summary>
    /// Creates a row from other samples of an entry, such as its 99th percentiles.
    /// </summary>
    internal static Row Of(string id, string what, string unit, Samples samples, Entry entry) =>
        Of(id, what, unit, samples, entry.Settings) with { Cost = entry.Cost };

    internal static Row Of(string id, string what, string unit, Entry entry) =>
        Of(id, what, unit, entry.Value, entry) with { AllocatedBytesPerRecord = entry.Allocated?.Median };
}
