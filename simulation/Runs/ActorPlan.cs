namespace Zurau.Simulation;

/// <summary>The operations of one actor, in order.</summary>
internal sealed record ActorPlan(string Name, IReadOnlyList<CrashOp> Ops);
