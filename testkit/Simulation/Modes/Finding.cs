namespace Zurau.Testing.Simulation;

/// <summary>A run with a violation, and the plan that reproduces it.</summary>
/// <param name="Report">The report of the run.</param>
/// <param name="Plan">The plan.</param>
internal sealed record Finding<TPlan>(RunReport Report, TPlan Plan);
