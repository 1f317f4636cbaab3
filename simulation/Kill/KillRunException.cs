namespace Zurau.Simulation;

/// <summary>
/// Reports wrong data of a kill run; the run adds the seed that reproduces it.
/// </summary>
internal sealed class KillRunException(string message) : Exception(message);
