using System.Diagnostics;

namespace Zurau.Testing.Simulation;

/// <summary>
/// Runs many plans of one scenario: random seeds, a sweep over every step, or the search
/// for a mutant. Lanes run in parallel and share nothing.
/// </summary>
internal sealed class Campaign<TPlan>
    where TPlan : class
{
    private const int SelfCheckEvery = 100;
    private readonly Scenario<TPlan> _scenario;
    private readonly RunContext[] _lanes;

    /// <param name="scenario">The scenario.</param>
    /// <param name="lanes">The number of worlds that run in parallel.</param>
    /// <param name="checkDirectory">See <see cref="RunContext.CheckDirectory"/>.</param>
    internal Campaign(Scenario<TPlan> scenario, int lanes, Func<SimDisk, bool, string?>? checkDirectory)
    {
        _scenario = scenario;
        _lanes = [.. Enumerable.Range(0, lanes).Select(i => new RunContext { Threads = new ActorThreads(lanes == 1 ? -1 : i % Environment.ProcessorCount), CheckDirectory = checkDirectory })];
    }

    /// <summary>Sets a mutant for every later run.</summary>
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

    /// <summary>Sets the number of last steps that a report shows.</summary>
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

    /// <summary>The number of violations after which it stops.</summary>
    internal int MostFindings { get; init; } = 10;

    internal RunReport Run(TPlan plan) => _scenario.Run(plan, _lanes[0]);

    /// <summary>
    /// Runs consecutive seeds; every hundredth one twice, to check that a run depends on
    /// nothing but its seed.
    /// </summary>
    internal Tally<TPlan> RunSeeds(ulong first, long count, Action<Tally<TPlan>>? progress = null) => RunAll(
        Enumerable.Range(0, checked((int)count)).Select(i => _scenario.Draw(first + (ulong)i)),
        progress,
        checksItself: true);

    /// <summary>Runs consecutive seeds until a time has passed.</summary>
    internal Tally<TPlan> RunFor(ulong first, TimeSpan time, Action<Tally<TPlan>>? progress = null)
    {
        var clock = Stopwatch.StartNew();
        return RunAll(Seeds(first).TakeWhile(_ => clock.Elapsed < time).Select(_scenario.Draw), progress, checksItself: true);
    }

    /// <summary>
    /// Runs a plan with a crash at every step, both a kill and a power loss; then, up to
    /// a budget of runs, with a second crash as well.
    /// </summary>
    internal Tally<TPlan> Sweep(TPlan plan, int pairs, Action<Tally<TPlan>>? progress = null, int every = 1) => RunAll(SweepPlans(plan, pairs, every), progress);

    /// <summary>Simplifies a failing plan while it still fails in the same way.</summary>
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

    /// <summary>
    /// Searches for a run that detects a mutant; returns null if none does within the
    /// budget.
    /// </summary>
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
            yield return seed; // The caller stops the enumeration.
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

        long steps = whole.RunSteps[0];
        CrashKind[] kinds = [CrashKind.Kill, CrashKind.PowerLoss];
        for (long step = 1; step <= steps; step += every)
        {
            foreach (CrashKind kind in kinds)
            {
                yield return _scenario.WithCrash(plan, 0, kind, step);
            }
        }

        // The second crash usually happens during the recovery from the first one.
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
                    report = report with { Violation = $"not deterministic: a second run had {again.Steps} steps and hash {again.Hash:x}, the first one {report.Steps} steps and hash {report.Hash:x}" };
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
