namespace Zurau.Simulation;

/// <summary>Simplifies plans, one change at a time.</summary>
internal static class CrashShrinking
{
    internal static IEnumerable<CrashPlan> Simpler(CrashPlan plan)
    {
        for (int i = 0; i < plan.Runs.Count; i++)
        {
            yield return plan with { Runs = Without(plan.Runs, i) };
        }

        for (int i = 0; i < plan.Runs.Count; i++)
        {
            foreach (ProcessRunPlan run in Simpler(plan.Runs[i]))
            {
                yield return plan with { Runs = Replaced(plan.Runs, i, run) };
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

    private static IEnumerable<ProcessRunPlan> Simpler(ProcessRunPlan run)
    {
        for (int i = 0; i < run.Actors.Count; i++)
        {
            yield return run with { Actors = Without(run.Actors, i) };
        }

        if (run.Crash != CrashKind.None)
        {
            yield return run with { Crash = CrashKind.None, CrashStep = 0 };
        }

        for (int i = 0; i < run.Actors.Count; i++)
        {
            ActorPlan actor = run.Actors[i];
            for (int count = actor.Ops.Count / 2; count >= 1; count /= 2)
            {
                for (int from = 0; from < actor.Ops.Count; from += count)
                {
                    CrashOp[] ops = [.. actor.Ops.Where((_, at) => at < from || at >= from + count)];
                    yield return run with { Actors = Replaced(run.Actors, i, actor with { Ops = ops }) };
                }
            }
        }

        for (int i = 0; i < run.Actors.Count; i++)
        {
            ActorPlan actor = run.Actors[i];
            for (int at = 0; at < actor.Ops.Count; at++)
            {
                foreach (CrashOp op in Simpler(actor.Ops[at]))
                {
                    yield return run with { Actors = Replaced(run.Actors, i, actor with { Ops = Replaced(actor.Ops, at, op) }) };
                }
            }
        }

        for (int i = 0; i < run.StartFaults.Count; i++)
        {
            yield return run with { StartFaults = Without(run.StartFaults, i) };
        }

        if (run.RecoversTwice)
        {
            yield return run with { RecoversTwice = false };
        }

        if (run.MaxOpenSegments != 8192)
        {
            yield return run with { MaxOpenSegments = 8192 };
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
