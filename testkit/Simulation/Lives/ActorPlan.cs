namespace Zurau.Testing.Simulation;

/// <summary>What one actor does, in order.</summary>
internal sealed record ActorPlan(string Name, IReadOnlyList<CrashOp> Ops);
