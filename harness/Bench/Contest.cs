namespace Zurau.Harness.Bench;

/// <summary>
/// Runs contestants alternately in rounds, so that changes of the machine's speed affect
/// all of them.
/// </summary>
internal static class Contest
{
    /// <summary>
    /// Runs one warm-up round for the just-in-time compiler, if the size has one, then
    /// the rounds of the size. The failure of a peer is added to the results, and its
    /// entry is missing.
    /// </summary>
    /// <exception cref="OperationCanceledException">The user ends the run.</exception>
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
            // Ctrl-C reaches child processes too, so this failure is a consequence of it.
            throw new OperationCanceledException(context.Stopping);
        }
        catch (Exception exception) when (contestant.IsPeer)
        {
            context.Fail(contestant.Name, exception);
            return false;
        }
    }
}
