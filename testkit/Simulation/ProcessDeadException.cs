using Zurau.Engine.Common;

namespace Zurau.Testing.Simulation;

/// <summary>Unwinds a thread of a simulated process that was killed: whatever it asks the disk for, there is nobody any more to ask.</summary>
public sealed class ProcessDeadException() : Exception("This simulated process is dead; the disk lives on in the storage that the next Boot gives."), IProcessEnd;
