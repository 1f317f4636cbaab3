namespace Zurau.Harness.Crash;

/// <summary>A kill run found something wrong: the message says what, and the run adds the seed that shows it again.</summary>
internal sealed class KillRunException(string message) : Exception(message);
