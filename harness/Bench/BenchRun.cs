using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Spectre.Console;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Executes one run: measures the limits and the suites, writes the result folder and
/// prints a table. Continues after a failure.
/// </summary>
internal sealed class BenchRun(Scale scale, IReadOnlyList<Suite> suites, PeerChoice peers, string output, string data)
{
    /// <summary>The exit code of a run in which a case or a peer failed.</summary>
    private const int PartFailed = 2;

    /// <summary>The exit code of a run that Ctrl-C ended, as in shells.</summary>
    private const int Interrupted = 130;

    private readonly List<CaseTime> _times = [];

    /// <summary>Gets the duration of an open loop; null for that of the size.</summary>
    internal TimeSpan? Duration { get; init; }

    /// <summary>
    /// Gets the records per second of an open loop; null for those of the suite.
    /// </summary>
    internal int? Rate { get; init; }

    private IReadOnlyList<Suite> All => [BenchSuites.Limits, .. suites];

    /// <summary>Executes the run and returns the exit code of the process.</summary>
    internal int Run()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string directory = Path.Combine(data, string.Create(CultureInfo.InvariantCulture, $"bench-{Environment.ProcessId}"));
        if ((Refusal("--out", output) ?? Refusal("--data", directory)) is string refusal)
        {
            Console.Error.WriteLine(refusal);
            return 1;
        }

        PlainTables.WhenRedirected();
        using var stopping = new CancellationTokenSource();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            RunHeader header = RunHeaderReader.Read(scale.Name, string.Join(", ", suites.Select(static suite => suite.Name)), directory, now);
            var context = new BenchContext(scale, directory, peers) { Duration = Duration, Rate = Rate, Stopping = stopping.Token };
            Console.WriteLine($"Expected duration: {Span(All.Sum(suite => suite.Cases.Sum(one => one.ExpectedDuration.Seconds(scale, peers))))}. Ctrl-C ends the run and keeps the results so far.");
            Measure(context);
            if (stopping.IsCancellationRequested)
            {
                context.Fail($"stopped by the user{(_times.Count == 0 ? "" : $" during {_times[^1].Suite}: {_times[^1].Case}")}: later cases were not measured");
            }

            var result = new BenchResult(header, context.Rows) { NotRun = context.NotRun, Failed = context.Failed, Times = _times };
            string folder = ResultFolder.Write(output, result, now);
            if (scale.HasWarmUp && context.Failed.Count == 0)
            {
                ResultFolder.LinkLatest(output, folder, header);
            }

            RunTable.Print(result, folder);
            return stopping.IsCancellationRequested ? Interrupted : context.Failed.Count > 0 ? PartFailed : 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            if (stopping.IsCancellationRequested)
            {
                RunningServers.KillAll();
                Console.Error.WriteLine($"Ended immediately: no results are kept. Delete '{directory}'.");
                Environment.Exit(Interrupted);
            }

            stopping.Cancel();
            Console.Error.WriteLine("Ending after the current measurement. Press Ctrl-C again to end immediately without results.");
        }
    }

    /// <summary>
    /// Creates a directory and writes a file to it. Returns an error message of one line;
    /// null for success.
    /// </summary>
    private static string? Refusal(string option, string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            string probe = Path.Combine(directory, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{option} '{directory}' cannot be written to ({exception.Message}). Use a folder that is writable.";
        }
    }

    private static string Span(double seconds) => seconds < 10 ? "a few seconds" : seconds < 90 ? $"about {seconds:0} seconds" : $"about {seconds / 60:0} minutes";

    private void Measure(BenchContext context) => AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .Start(progress =>
        {
            ProgressTask[] tasks = [.. All.Select(suite => progress.AddTask(Markup.Escape(suite.Name), autoStart: false, maxValue: suite.Cases.Count))];
            for (int i = 0; i < tasks.Length && !context.Stopping.IsCancellationRequested; i++)
            {
                ProgressTask task = tasks[i];
                task.StartTask();
                for (int done = 0; done < All[i].Cases.Count && !context.Stopping.IsCancellationRequested; done++)
                {
                    BenchCase now = All[i].Cases[done];
                    int before = done;
                    task.Description = Markup.Escape($"{All[i].Name}: {now.Title}");
                    context.Report = share => task.Value = before + share;
                    Measure(context, All[i].Name, now);
                }

                task.Description = Markup.Escape(All[i].Name);
                task.Value = task.MaxValue;
                task.StopTask();
            }
        });

    private void Measure(BenchContext context, string suite, BenchCase now)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            now.Run(context);
        }
        catch (Exception) when (context.Stopping.IsCancellationRequested)
        {
            // Reported at the end of the run.
        }
        catch (Exception exception)
        {
            context.Fail($"{suite}: {now.Title}", exception);
        }

        _times.Add(new CaseTime(suite, now.Title, Stopwatch.GetElapsedTime(began).TotalSeconds, now.ExpectedDuration.Seconds(scale, peers)));
    }
}
