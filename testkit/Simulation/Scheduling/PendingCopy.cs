using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>Bytes of a mapping that an actor stored and did not publish: a kill may leave any part of them.</summary>
internal readonly record struct PendingCopy(MappedRegion Region, int Position, int Length);
