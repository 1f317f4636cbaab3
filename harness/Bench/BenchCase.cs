namespace Zurau.Harness.Bench;

/// <summary>A part of a suite that measures on its own and adds its rows.</summary>
internal sealed record BenchCase(string Title, Action<BenchContext> Run)
{
    /// <summary>How long it is expected to take.</summary>
    internal Estimate Takes { get; init; } = new(1);
}
