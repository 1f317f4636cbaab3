using System.Diagnostics;
using Spectre.Console;

namespace Orders;

/// <summary>Shows progress: bars on a terminal, one line per second in a file or a pipe.</summary>
internal sealed class LiveView(RunCounters counters)
{
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_line = TimeSpan.FromSeconds(1);
    private readonly bool _isTerminal = AnsiConsole.Profile.Out.IsTerminal && !Console.IsOutputRedirected;

    /// <summary>Reports a line of the input on standard error.</summary>
    public void Warn(string message)
    {
        if (_isTerminal && !Console.IsErrorRedirected)
        {
            AnsiConsole.MarkupLineInterpolated($"[yellow]{message}[/]"); // The same terminal: the bars must know of the line.
        }
        else
        {
            Console.Error.WriteLine(message);
        }
    }

    /// <summary>Shows progress until the work has ended, also by failing.</summary>
    public Task ShowWhileAsync(Task work, OrderSource source) => _isTerminal ? ShowBarsAsync(work, source) : ShowLinesAsync(work);

    private async Task ShowBarsAsync(Task work, OrderSource source) => await AnsiConsole.Progress()
        .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .StartAsync(async context =>
        {
            long startedAt = Stopwatch.GetTimestamp();
            ProgressTask publishing = context.AddTask("published", maxValue: source.SizeBytes ?? 1);
            ProgressTask handling = context.AddTask("handled", maxValue: 1);
            publishing.IsIndeterminate = source.SizeBytes is null;
            bool isLast;
            do
            {
                isLast = work.IsCompleted;
                long done = counters.Handled + counters.DeadLettered;
                double rate = done / Math.Max(0.001, Stopwatch.GetElapsedTime(startedAt).TotalSeconds);
                publishing.Description = $"published {counters.Published:N0}, malformed {counters.Malformed:N0}";
                publishing.Value = source.SizeBytes is null ? 0 : source.PositionBytes;
                handling.Description = $"handled {counters.Handled:N0}, retried {counters.Retried:N0}, dead-lettered {counters.DeadLettered:N0}, {rate:N0}/s";
                handling.MaxValue = Math.Max(1, Math.Max(done, counters.Published));
                handling.Value = done;
                context.Refresh();
                await Task.WhenAny(work, Task.Delay(s_frame));
            }
            while (!isLast);
        });

    private async Task ShowLinesAsync(Task work)
    {
        while (await Task.WhenAny(work, Task.Delay(s_line)) != work)
        {
            Console.WriteLine(
                $"published {counters.Published}, handled {counters.Handled}, retried {counters.Retried}, dead-lettered {counters.DeadLettered}");
        }
    }
}
