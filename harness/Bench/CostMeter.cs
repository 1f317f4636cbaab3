using System.Diagnostics;
using System.Globalization;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Measures the resource usage of this process until <see cref="Stop"/>. The peak memory
/// is correct only if no other meter is running.
/// </summary>
internal sealed class CostMeter
{
    // Writing 5 to this file resets the peak of resident memory. Requires no privileges.
    private const string ClearReferences = "/proc/self/clear_refs";
    private const string Status = "/proc/self/status";
    private const string Peak = "VmHWM:";

    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpu;
    private readonly long _allocated;
    private readonly int[] _collections;

    private CostMeter(TimeSpan cpu, long allocated, int[] collections)
    {
        _cpu = cpu;
        _allocated = allocated;
        _collections = collections;
    }

    internal static CostMeter Start()
    {
        if (File.Exists(ClearReferences))
        {
            try
            {
                File.WriteAllText(ClearReferences, "5");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The peak then includes the time before and is an upper bound.
            }
        }

        return new CostMeter(CpuNow(), GC.GetTotalAllocatedBytes(precise: true), CollectionsNow());
    }

    internal Cost Stop(string span)
    {
        double seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        double cpu = (CpuNow() - _cpu).TotalSeconds;
        int[] now = CollectionsNow();
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - _allocated;
        return new Cost(span, now[0] - _collections[0], now[1] - _collections[1], now[2] - _collections[2], allocated, cpu, cpu / seconds, PeakNow());
    }

    /// <summary>
    /// Returns the resource usage since the start of the process, except the cores used,
    /// which only the parent process knows.
    /// </summary>
    internal static Cost SinceStart()
    {
        int[] now = CollectionsNow();
        return new Cost(Cost.Child, now[0], now[1], now[2], GC.GetTotalAllocatedBytes(), CpuNow().TotalSeconds, null, PeakNow());
    }

    private static TimeSpan CpuNow() => OperatingSystem.IsLinux() ? Environment.CpuUsage.TotalTime : TimeSpan.Zero;

    // The runtime counts a collection of a generation also for the lower generations.
    private static int[] CollectionsNow()
    {
        int all = GC.CollectionCount(2);
        int first = GC.CollectionCount(1);
        return [GC.CollectionCount(0) - first, first - all, all];
    }

    private static double? PeakNow()
    {
        if (!File.Exists(Status))
        {
            return null;
        }

        string? line = File.ReadLines(Status).FirstOrDefault(static line => line.StartsWith(Peak, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[Peak.Length..].Trim().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }
}
