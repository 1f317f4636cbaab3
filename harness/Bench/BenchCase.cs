namespace Zurau.Harness.Bench;

/// <summary>A part of a suite that measures on its own and adds its rows.</summary>
internal sealed record BenchCase(string Title, Action<BenchContext> Run);
