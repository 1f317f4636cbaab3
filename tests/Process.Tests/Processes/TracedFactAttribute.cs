using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace ProcessTests.Processes;

/// <summary>
/// A test that traces a process's system calls; skipped with a reason if that is not
/// possible.
/// </summary>
public sealed class TracedFactAttribute : FactAttribute
{
    private static readonly string? s_obstacle = FindObstacle();

    public TracedFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (s_obstacle is not null)
        {
            Skip = "not run: " + s_obstacle;
        }
    }

    private static string? FindObstacle()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("strace", ["-o", "/dev/null", "true"]) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : "strace may not trace here: " + errors.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "strace is not installed";
        }
    }
}
