namespace Zurau.Testing.Simulation;

/// <summary>Sums up many runs. Thread-safe.</summary>
internal sealed class Tally<TPlan>
{
    private readonly Lock _lock = new();
    private readonly List<Finding<TPlan>> _findings = [];
    private readonly long[] _points = new long[StepPoint.Count];
    private long _runs;
    private long _crashes;
    private long _steps;
    private long _simulatedMs;

    internal Probes Probes { get; } = new();

    internal long Runs => Interlocked.Read(ref _runs);

    internal long Crashes => Interlocked.Read(ref _crashes);

    internal long Steps => Interlocked.Read(ref _steps);

    internal double SimulatedHours => Interlocked.Read(ref _simulatedMs) / 3_600_000.0;

    internal IReadOnlyList<Finding<TPlan>> Findings
    {
        get
        {
            lock (_lock)
            {
                return [.. _findings.OrderBy(static finding => finding.Report.Seed)];
            }
        }
    }

    /// <summary>
    /// The number of executed steps by kind, without the kinds that were not executed.
    /// </summary>
    internal IReadOnlyDictionary<string, long> Points
    {
        get
        {
            lock (_lock)
            {
                return Enumerable.Range(0, StepPoint.Count).Where(i => _points[i] > 0).ToDictionary(StepPoint.Name, i => _points[i]);
            }
        }
    }

    internal void Add(RunReport report, TPlan plan)
    {
        lock (_lock)
        {
            _runs++;
            _crashes += report.Crashes;
            _steps += report.Steps;
            _simulatedMs += report.SimulatedMs;
            Probes.Add(report.Probes);
            for (int i = 0; i < report.Points.Length; i++)
            {
                _points[i] += report.Points[i];
            }

            if (report.Violation is not null)
            {
                _findings.Add(new Finding<TPlan>(report, plan));
            }
        }
    }
}
