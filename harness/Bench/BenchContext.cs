using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// The context of a case: the amount of work, the directory, the limits of the machine
/// and the rows. Not thread-safe.
/// </summary>
internal sealed class BenchContext(Scale scale, string directory, PeerChoice peers)
{
    private readonly List<Row> _rows = [];
    private readonly List<string> _notRun = [];
    private readonly List<string> _failed = [];
    private int _directories;

    internal Scale Scale => scale;

    /// <summary>Gets which peers are measured.</summary>
    internal PeerChoice Peers => peers;

    /// <summary>
    /// Gets the duration of an open loop from the command line; null if not given.
    /// </summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>
    /// Gets the records per second of an open loop from the command line; null if not
    /// given.
    /// </summary>
    internal int? Rate { get; init; }

    /// <summary>Canceled when the user ends the run early.</summary>
    internal CancellationToken Stopping { get; init; }

    internal IReadOnlyList<Row> Rows => _rows;

    /// <summary>Gets a line for each measurement that failed.</summary>
    internal IReadOnlyList<string> Failed => _failed;

    /// <summary>Gets or sets the callback for the progress of the case, 0 to 1.</summary>
    internal Action<double> Report { get; set; } = static _ => { };

    /// <summary>Returns the path of a new directory.</summary>
    internal string NewDirectory() => Path.Combine(directory, $"{_directories++:D4}");

    /// <summary>
    /// Gets a line for each measurement that was not made, with its requirement.
    /// </summary>
    internal IReadOnlyList<string> NotRun => _notRun;

    internal void Add(Row row) => _rows.Add(row);

    /// <summary>Records a failure; the run continues.</summary>
    internal void Fail(string what, Exception exception) => Fail($"{what}: failed: {Reason(exception)}");

    internal void Fail(string line)
    {
        if (!_failed.Contains(line))
        {
            _failed.Add(line);
        }
    }

    /// <summary>
    /// Returns its first argument. If a peer is missing, adds to the results how to
    /// install it.
    /// </summary>
    internal bool IsAvailable(bool isAvailable, string peer, string remedy)
    {
        string line = $"{peer}: not run ({remedy})";
        if (!isAvailable && !_notRun.Contains(line))
        {
            _notRun.Add(line);
        }

        return isAvailable;
    }

    /// <summary>
    /// Starts a peer. If it is missing or does not start, adds the reason to the results
    /// and returns null.
    /// </summary>
    internal T? StartPeer<T>(bool isInstalled, string peer, string remedy, Func<T> start)
        where T : class
    {
        if (!IsAvailable(isInstalled, peer, remedy))
        {
            return null;
        }

        try
        {
            return start();
        }
        catch (Exception exception) when (!Stopping.IsCancellationRequested)
        {
            Fail(peer, exception);
            return null;
        }
    }

    /// <summary>
    /// Returns the median of a limit. Every run measures the limits first.
    /// </summary>
    internal double Limit(string id) => _rows.Find(row => row.Id == id)?.Median
        ?? throw new InvalidOperationException($"The limit '{id}' has not been measured. Run the suite of limits first.");

    /// <summary>
    /// Computes the share of a limit that a figure reaches, in the unit of the limit.
    /// </summary>
    internal LimitShare ShareOf(string id, double figure)
    {
        Row limit = _rows.First(row => row.Id == id);
        return new LimitShare(id, limit.Median, limit.Unit, figure / limit.Median);
    }

    // One line with the messages of the innermost exceptions, because those of threads
    // and tasks are not specific.
    private static string Reason(Exception exception)
    {
        string[] messages = exception is AggregateException all
            ? [.. all.Flatten().InnerExceptions.Select(static inner => inner.Message).Distinct()]
            : [exception.Message];
        return string.Join("; ", messages).ReplaceLineEndings(" ").Trim();
    }
}
