using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Ends a thread of a simulated process. Thrown by every disk call of a process that was
/// killed or replaced by <see cref="SimDisk.Boot"/>.
/// </summary>
public sealed class ProcessDeadException() : Exception("This simulated process has ended. Use the storage that the next call of Boot returns."), IProcessEnd;
