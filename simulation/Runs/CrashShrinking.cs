namespace Zurau.Simulation;

/// <summary>Simplifies plans, one change at a time.</summary>
internal static class CrashShrinking
{
    internal static IEnumerable<CrashPlan> Simpler(CrashPlan plan)
    {
        for (int i = 0; i < plan.Lives.Count; i++)
        {
            yield return plan with { Lives = Without(plan.Lives, i) };
        }

        for (int i = 0; i < plan.Lives.Count; i++)
        {
            foreach (LifePlan life in Simpler(plan.Lives[i]))
            {
                yield return plan with { Lives = Replaced(plan.Lives, i, life) };
            }
        }

        if (plan.Profile != nameof(DiskProfile.Ideal))
        {
            yield return plan with { Profile = nameof(DiskProfile.Ideal) };
        }

        if (plan.FlushMessages > 0)
        {
            yield return plan with { FlushMessages = 0 };
        }

        if (plan.LargeSegmentBytes > 0)
        {
            yield return plan with { LargeSegmentBytes = 0 };
        }

        if (plan.RetentionBytes > 0)
        {
            yield return plan with { RetentionBytes = 0 };
        }
    }

    private static IEnumerable<LifePlan> Simpler(LifePlan life)
    {
        for (int i = 0; i < life.Actors.Count; i++)
        {
            yield return life with { Actors = Without(life.Actors, i) };
        }

        if (life.Crash != CrashKind.None)
        {
            yield return life with { Crash = CrashKind.None, CrashStep = 0 };
        }

        for (int i = 0; i < life.Actors.Count; i++)
        {
            ActorPlan actor = life.Actors[i];
            for (int count = actor.Ops.Count / 2; count >= 1; count /= 2)
            {
                for (int from = 0; from < actor.Ops.Count; from += count)
                {
                    CrashOp[] ops = [.. actor.Ops.Where((_, at) => at < from || at >= from + count)];
                    yield return life with { Actors = Replaced(life.Actors, i, actor with { Ops = ops }) };
                }
            }
        }

        for (int i = 0; i < life.Actors.Count; i++)
        {
            ActorPlan actor = life.Actors[i];
            for (int at = 0; at < actor.Ops.Count; at++)
            {
                foreach (CrashOp op in Simpler(actor.Ops[at]))
                {
                    yield return life with { Actors = Replaced(life.Actors, i, actor with { Ops = Replaced(actor.Ops, at, op) }) };
                }
            }
        }

        for (int i = 0; i < life.StartFaults.Count; i++)
        {
            yield return life with { StartFaults = Without(life.StartFaults, i) };
        }

        if (life.RecoversTwice)
        {
            yield return life with { RecoversTwice = false };
        }

        if (life.MaxOpenSegments != 8192)
        {
            yield return life with { MaxOpenSegments = 8192 };
        }
    }

    private static IEnumerable<CrashOp> Simpler(CrashOp op)
    {
        if (op.Kind is CrashOpKind.Append or CrashOpKind.Produce or CrashOpKind.AppendMany)
        {
            if (op.Count > 1)
            {
                yield return op with { Count = 1 };
            }

            if (op.Bytes > 1)
            {
                yield return op with { Bytes = op.Bytes / 2 };
            }

            if (op.Ms != 0)
            {
                yield return op with { Ms = 0 };
            }
        }
        else if (op.Ms > 1 && op.Kind is CrashOpKind.Sleep or CrashOpKind.Read)
        {
            yield return op with { Ms = op.Ms / 2 };
        }
    }

    private static T[] Without<T>(IReadOnlyList<T> list, int at) => [.. list.Where((_, i) => i != at)];

    private static T[] Replaced<T>(IReadOnlyList<T> list, int at, T item) => [.. list.Select((old, i) => i == at ? item : old)];
}
