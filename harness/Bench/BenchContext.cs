using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>What a case works with: how much to do, where, what the machine can do at best, and where rows go. One thread.</summary>
internal sealed class BenchContext(Scale scale, string directory, PeerChoice peers)
{
    private readonly List<Row> _rows = [];
    private readonly List<string> _notRun = [];
    private readonly List<string> _failed = [];
    private int _directories;

    internal Scale Scale => scale;

    /// <summary>Who is measured beside ours.</summary>
    internal PeerChoice Peers => peers;

    /// <summary>How long an open loop sends, where the command line says so.</summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>Records a second of an open loop, where the command line says so.</summary>
    internal int? Rate { get; init; }

    /// <summary>Canceled where somebody ends the run before its end.</summary>
    internal CancellationToken Stopping { get; init; }

    internal IReadOnlyList<Row> Rows => _rows;

    /// <summary>What should have been measured and was not.</summary>
    internal IReadOnlyList<string> Failed => _failed;

    /// <summary>Hears how much of the case is done, 0 to 1.</summary>
    internal Action<double> Report { get; set; } = static _ => { };

    /// <summary>Names a directory that nothing has used yet.</summary>
    internal string NewDirectory() => Path.Combine(directory, $"{_directories++:D4}");

    /// <summary>What was not measured, and what would let it be.</summary>
    internal IReadOnlyList<string> NotRun => _notRun;

    internal void Add(Row row) => _rows.Add(row);

    /// <summary>Names something that failed; the rest of the run goes on.</summary>
    internal void Fail(string what, Exception exception) => Fail($"{what}: failed: {Reason(exception)}");

    internal void Fail(string line)
    {
        if (!_failed.Contains(line))
        {
            _failed.Add(line);
        }
    }

    /// <summary>Passes on whether a peer is there; one that is not is named in the results with the way to have it.</summary>
    internal bool IsThere(bool isThere, string peer, string remedy)
    {
        string line = $"{peer}: not run ({remedy})";
        if (!isThere && !_notRun.Contains(line))
        {
            _notRun.Add(line);
        }

        return isThere;
    }

    /// <summary>Starts a peer that is there; null where it is not, or does not start, either with a line in the results.</summary>
    internal T? Invite<T>(bool isThere, string peer, string remedy, Func<T> start)
        where T : class
    {
        if (!IsThere(isThere, peer, remedy))
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

    /// <summary>The median of a limit that was measured before; limits come first in every run.</summary>
    internal double Limit(string id) => _rows.Find(row => row.Id == id)?.Median
        ?? throw new InvalidOperationException($"The limit '{id}' was not measured before it was asked for.");

    /// <summary>Says what share of a limit a figure is, both in the limit's unit.</summary>
    internal LimitShare ShareOf(string id, double figure)
    {
        Row limit = _rows.First(row => row.Id == id);
        return new LimitShare(id, limit.Median, limit.Unit, figure / limit.Median);
    }

    // One line of the innermost exceptions: the outer ones of threads and tasks say nothing.
    private static string Reason(Exception exception)
    {
        string[] messages = exception is AggregateException all
            ? [.. all.Flatten().InnerExceptions.Select(static inner => inner.Message).Distinct()]
            : [exception.Message];
        return string.Join("; ", messages).ReplaceLineEndings(" ").Trim();
    }
}
