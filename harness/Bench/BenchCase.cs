namespace Zurau.Harness.Bench;

/// <summary>A part of a suite that measures independently and adds its rows.</summary>
internal sealed record BenchCase(string Title, Action<BenchContext> Run)
{
    /// <summary>Gets its expected duration.</summary>
    internal Estimate Takes { get; init; } = new(1);
}
