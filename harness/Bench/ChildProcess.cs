using System.Diagnostics;
using System.Globalization;

namespace Zurau.Harness.Bench;

/// <summary>Runs a <see cref="ChildTask"/> in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Runs it to its end and returns the number that it printed.</summary>
    /// <exception cref="InvalidOperationException">It printed no number: the message has what it said.</exception>
    internal static double Run(string task, string directory, long bytes)
    {
        string[] arguments = ["exec", typeof(ChildProcess).Assembly.Location, BenchChildCommand.Name, task, directory, bytes.ToString(CultureInfo.InvariantCulture)];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return double.TryParse(output, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidOperationException($"The child process '{task}' ended with code {child.ExitCode}: {output} {errors.GetAwaiter().GetResult()}");
    }
}
