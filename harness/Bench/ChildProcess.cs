using System.Diagnostics;
using System.Globalization;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>Runs a <see cref="ChildTask"/> in a separate process.</summary>
internal static class ChildProcess
{
    private const int Figures = 7;

    /// <summary>
    /// Runs the task until its process ends; returns its output and its resource usage.
    /// </summary>
    /// <exception cref="InvalidOperationException">The process printed no figures; the
    /// message contains its output.</exception>
    internal static Measurement Run(string task, string directory, long bytes, params (string Name, string Value)[] variables)
    {
        string[] arguments = ["exec", typeof(ChildProcess).Assembly.Location, BenchChildCommand.Name, task, directory, bytes.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        long began = Stopwatch.GetTimestamp();
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        string[] figures = output.Trim().Split(' ');
        return figures.Length == Figures && figures.All(static figure => double.TryParse(figure, CultureInfo.InvariantCulture, out _))
            ? Read([.. figures.Select(static figure => double.Parse(figure, CultureInfo.InvariantCulture))], seconds)
            : throw new InvalidOperationException($"The child process '{task}' ended with code {child.ExitCode}: {output} {errors.GetAwaiter().GetResult()}");
    }

    private static Measurement Read(double[] figures, double seconds) =>
        new(figures[0], Cost: new Cost(Cost.Child, figures[1], figures[2], figures[3], figures[4], figures[5], figures[5] / seconds, figures[6]));
}
