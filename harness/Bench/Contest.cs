namespace Zurau.Harness.Bench;

/// <summary>Lets contestants do their work in turn, round after round, so that a change of the machine's mood meets them all.</summary>
internal static class Contest
{
    /// <summary>
    /// Runs one round that is thrown away (the just-in-time compiler's), then as many as the size asks for. A peer that fails is named in
    /// the results and missing in what is returned.
    /// </summary>
    /// <exception cref="OperationCanceledException">Somebody ends the run.</exception>
    internal static IReadOnlyDictionary<string, Entry> Run(BenchContext context, params IReadOnlyList<Contestant> contestants)
    {
        int rounds = context.Scale.Rounds;
        var measured = contestants.ToDictionary(static contestant => contestant.Name, static _ => new List<Measurement>());
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < contestants.Count; i++)
            {
                context.Report(((double)(round * contestants.Count) + i) / (rounds * contestants.Count));
                Contestant contestant = contestants[i];
                if (measured.TryGetValue(contestant.Name, out List<Measurement>? taken) && !Take(context, contestant, taken))
                {
                    measured.Remove(contestant.Name);
                }
            }
        }

        return contestants.Where(contestant => measured.ContainsKey(contestant.Name))
            .ToDictionary(static contestant => contestant.Name, contestant => Entry.Of(contestant, [.. measured[contestant.Name].TakeLast(context.Scale.Runs)]));
    }

    private static bool Take(BenchContext context, Contestant contestant, List<Measurement> measured)
    {
        context.Stopping.ThrowIfCancellationRequested();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var meter = CostMeter.Start();
        try
        {
            Measurement measurement = contestant.Run();
            measured.Add(measurement with { Cost = measurement.Cost ?? meter.Stop(Results.Cost.Round) });
            return true;
        }
        catch (Exception) when (context.Stopping.IsCancellationRequested)
        {
            // Ctrl-C reaches children too: what fails now fails because of it.
            throw new OperationCanceledException(context.Stopping);
        }
        catch (Exception exception) when (contestant.IsPeer)
        {
            context.Fail(contestant.Name, exception);
            return false;
        }
    }
}
