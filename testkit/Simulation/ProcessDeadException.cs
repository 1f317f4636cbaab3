using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Ends a thread of a simulated process that was killed or closed: thrown by every call to the disk after the end of the process.
/// </summary>
public sealed class ProcessDeadException() : Exception("This simulated process has ended. Use the storage that the next call of Boot returns."), IProcessEnd;
