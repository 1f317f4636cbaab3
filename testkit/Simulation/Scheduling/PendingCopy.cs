using Zurau.Engine.Storage;

namespace Zurau.Testing.Simulation;

/// <summary>The bytes of a mapping that an actor has stored but not published: a kill may leave any part of them.</summary>
internal readonly record struct PendingCopy(MappedRegion Region, int Position, int Length);
