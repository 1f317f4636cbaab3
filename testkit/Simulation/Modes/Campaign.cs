using System.Diagnostics;

namespace Zurau.Testing.Simulation;

/// <summary>Many runs of one scenario: random seeds, a sweep over every step, or the hunt for a mutant. Lanes run side by side and share nothing.</summary>
internal sealed class Campaign<TPlan>
    where TPlan : class
{
    private const int SelfCheckEvery = 100;
    private readonly Scenario<TPlan> _scenario;
    private readonly RunContext[] _lanes;

    /// <param name="scenario">What is run.</param>
    /// <param name="lanes">How many worlds at once.</param>
    /// <param name="checkDirectory">See <see cref="RunContext.CheckDirectory"/>.</param>
    internal Campaign(Scenario<TPlan> scenario, int lanes, Func<SimDisk, bool, string?>? checkDirectory)
    {
        _scenario = scenario;
        _lanes = [.. Enumerable.Range(0, lanes).Select(i => new RunContext { Threads = new ActorThreads(lanes == 1 ? -1 : i % Environment.ProcessorCount), CheckDirectory = checkDirectory })];
    }

    /// <summary>Breaks the engine in every run that follows.</summary>
    internal Mutant? Mutant
    {
        set
        {
            for (int i = 0; i < _lanes.Length; i++)
            {
                _lanes[i] = _lanes[i] with { Mutant = value };
            }
        }
    }

    /// <summary>How many of the last steps a report shows.</summary>
    internal int TimelineLength
    {
        set
        {
            for (int i = 0; i < _lanes.Length; i++)
            {
                _lanes[i] = _lanes[i] with { TimelineLength = value };
            }
        }
    }

    /// <summary>Stops after this many violations.</summary>
    internal int MostFindings { get; init; } = 10;

    internal RunReport Run(TPlan plan) => _scenario.Run(plan, _lanes[0]);

    /// <summary>Runs seeds one after the other; each hundredth twice, to see that a seed says all.</summary>
    internal Tally<TPlan> RunSeeds(ulong first, long count, Action<Tally<TPlan>>? progress = null) => RunAll(
        Enumerable.Range(0, checked((int)count)).Select(i => _scenario.Draw(first + (ulong)i)),
        progress,
        checksItself: true);

    /// <summary>Runs seeds one after the other until a time has passed.</summary>
    internal Tally<TPlan> RunFor(ulong first, TimeSpan time, Action<Tally<TPlan>>? progress = null)
    {
        var clock = Stopwatch.StartNew();
        return RunAll(Seeds(first).TakeWhile(_ => clock.Elapsed < time).Select(_scenario.Draw), progress, checksItself: true);
    }

    /// <summary>Crashes at every step of a plan, in both ways; then, up to a budget of runs, at a second one too.</summary>
    internal Tally<TPlan> Sweep(TPlan plan, int pairs, Action<Tally<TPlan>>? progress = null, int every = 1) => RunAll(SweepPlans(plan, pairs, every), progress);

    /// <summary>Makes a failing plan as simple as it gets; it still fails in the same way.</summary>
    internal Finding<TPlan> Shrink(Finding<TPlan> finding, int budget = 600, TimeSpan? longest = null)
    {
        var clock = Stopwatch.StartNew();
        bool isSimpler = true;
        while (isSimpler && budget > 0)
        {
            isSimpler = false;
            foreach (TPlan plan in _scenario.Simpler(finding.Plan))
            {
                if (budget-- <= 0 || clock.Elapsed > longest)
                {
                    break;
                }

                RunReport report = Run(plan);
                if (report.Violation is not null && report.Kind == finding.Report.Kind)
                {
                    finding = new Finding<TPlan>(report, plan);
                    isSimpler = true;
                    break;
                }
            }
        }

        return finding;
    }

    /// <summary>Looks for a run that catches a mutant; null where none within the budget does.</summary>
    internal Finding<TPlan>? Catch(Mutant mutant, ulong firstSeed, int budget)
    {
        Mutant = mutant;
        try
        {
            int runs = 0;
            for (ulong seed = firstSeed; runs < budget; seed++)
            {
                TPlan plan = _scenario.PlanFor(mutant, seed);
                foreach (TPlan crashing in SweepPlans(plan, 0, every: 7, withPlan: true))
                {
                    RunReport report = Run(crashing);
                    if (report.Violation is not null)
                    {
                        return new Finding<TPlan>(report, crashing);
                    }

                    if (++runs >= budget)
                    {
                        break;
                    }
                }
            }

            return null;
        }
        finally
        {
            Mutant = null;
        }
    }

    private static IEnumerable<ulong> Seeds(ulong first)
    {
        for (ulong seed = first; seed >= first; seed++)
        {
            yield return seed; // Whoever asks stops.
        }
    }

    private IEnumerable<TPlan> SweepPlans(TPlan plan, int pairs, int every, bool withPlan = false)
    {
        if (withPlan)
        {
            yield return plan;
        }

        RunReport whole = Run(_scenario.WithCrash(plan, 0, CrashKind.None, 0));
        if (whole.Violation is not null)
        {
            yield return plan;
            yield break;
        }

        long steps = whole.LifeSteps[0];
        CrashKind[] kinds = [CrashKind.Kill, CrashKind.PowerLoss];
        for (long step = 1; step <= steps; step += every)
        {
            foreach (CrashKind kind in kinds)
            {
                yield return _scenario.WithCrash(plan, 0, kind, step);
            }
        }

        // The second crash mostly comes while the first one is being recovered from.
        var random = new SimRandom(whole.Hash);
        for (int i = 0; i < pairs; i++)
        {
            TPlan first = _scenario.WithCrash(plan, 0, kinds[random.Next(2)], 1 + random.Next(0, steps));
            yield return _scenario.WithCrash(first, 1, kinds[random.Next(2)], 1 + random.Next(0, random.NextBool(0.7) ? Math.Min(steps, 200) : steps));
        }
    }

    private Tally<TPlan> RunAll(IEnumerable<TPlan> plans, Action<Tally<TPlan>>? progress, bool checksItself = false)
    {
        var tally = new Tally<TPlan>();
        using IEnumerator<TPlan> source = plans.GetEnumerator();
        var gate = new Lock();
        int taken = 0;
        TPlan? Next(out bool isChecked)
        {
            lock (gate)
            {
                isChecked = checksItself && taken++ % SelfCheckEvery == 0;
                return tally.Findings.Count < MostFindings && source.MoveNext() ? source.Current : null;
            }
        }

        void RunLane(RunContext lane)
        {
            while (Next(out bool isChecked) is { } plan)
            {
                RunReport report = _scenario.Run(plan, lane);
                if (isChecked && report.Violation is null && _scenario.Run(plan, lane) is { } again && again.Hash != report.Hash)
                {
                    report = report with { Violation = $"not deterministic: a second run took {again.Steps} steps and ended in {again.Hash:x}, the first {report.Steps} and {report.Hash:x}" };
                }

                tally.Add(report, plan);
                progress?.Invoke(tally);
            }
        }

        Thread[] threads = [.. _lanes.Skip(1).Select(lane => new Thread(() => RunLane(lane)) { IsBackground = true })];
        Array.ForEach(threads, static thread => thread.Start());
        RunLane(_lanes[0]);
        Array.ForEach(threads, static thread => thread.Join());
        return tally;
    }
}
