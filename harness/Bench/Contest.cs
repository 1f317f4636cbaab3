namespace Zurau.Harness.Bench;

/// <summary>Lets contestants do their work in turn, round after round, so that a change of the machine's mood meets them all.</summary>
internal static class Contest
{
    /// <summary>Runs one round that is thrown away (the just-in-time compiler's), then as many as the size asks for.</summary>
    internal static IReadOnlyDictionary<string, Entry> Run(BenchContext context, params IReadOnlyList<Contestant> contestants)
    {
        int rounds = context.Scale.Runs;
        int warmUps = context.Scale.HasWarmUp ? 1 : 0;
        var measured = contestants.ToDictionary(static contestant => contestant.Name, static _ => new List<Measurement>());
        for (int round = 0; round < rounds + warmUps; round++)
        {
            for (int i = 0; i < contestants.Count; i++)
            {
                context.Report(((double)(round * contestants.Count) + i) / ((rounds + warmUps) * contestants.Count));
                GC.Collect();
                GC.WaitForPendingFinalizers();
                Measurement measurement = contestants[i].Run();
                if (round >= warmUps)
                {
                    measured[contestants[i].Name].Add(measurement);
                }
            }
        }

        return contestants.ToDictionary(static contestant => contestant.Name, contestant => Entry.Of(contestant, measured[contestant.Name]));
    }
}
