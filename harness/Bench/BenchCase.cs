namespace Zurau.Harness.Bench;

/// <summary>A part of a suite that measures independently and adds its rows.</summary>
internal sealed record BenchCase(string Title, Action<BenchContext> Run)
{
    internal Estimate ExpectedDuration { get; init; } = new(1);
}
