using System.Diagnostics;

namespace Zurau.Harness.Bench.Work;

/// <summary>Runs work on threads that start at the same time.</summary>
internal static class Workers
{
    /// <summary>
    /// Returns the seconds from the common start to the end of the last thread; rethrows
    /// an exception of a thread.
    /// </summary>
    internal static double Seconds(int threads, Action<int> work)
    {
        using var ready = new CountdownEvent(threads);
        using var start = new ManualResetEventSlim();
        var failures = new Exception?[threads];
        var running = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            running[i] = new Thread(() =>
            {
                ready.Signal();
                start.Wait();
                try
                {
                    work(number);
                }
                catch (Exception exception)
                {
                    failures[number] = exception;
                }
            })
            { IsBackground = true, Name = $"bench-{number}" };
            running[i].Start();
        }

        ready.Wait();
        long began = Stopwatch.GetTimestamp();
        start.Set();
        foreach (Thread thread in running)
        {
            thread.Join();
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        if (failures.Any(static failure => failure is not null))
        {
            throw new AggregateException(failures.OfType<Exception>());
        }

        return seconds;
    }

    /// <summary>
    /// Measures work on a number of records: records per second, and the bytes that the
    /// process allocated per record.
    /// </summary>
    internal static Measurement Rate(int threads, long records, Action<int> work)
    {
        var meter = CostMeter.Start();
        double seconds = Seconds(threads, work);
        Results.Cost cost = meter.Stop(Results.Cost.Timed);
        return new Measurement(records / seconds, null, cost.AllocatedBytes / records, cost);
    }
}
