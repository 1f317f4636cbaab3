namespace Zurau.Testing.Simulation;

/// <summary>A run that went wrong, with the plan that makes it go wrong again.</summary>
/// <param name="Report">How it went.</param>
/// <param name="Plan">Its plan.</param>
internal sealed record Finding<TPlan>(RunReport Report, TPlan Plan);
