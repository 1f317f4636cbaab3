using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Bytes of a mapping that an actor has stored but not published. A kill may keep any
/// part of them.
/// </summary>
internal readonly record struct PendingCopy(MappedRegion Region, int Position, int Length);
