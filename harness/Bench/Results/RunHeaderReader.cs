using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Zurau.Harness.Bench.Results;

/// <summary>Reads the header of a run from the machine and the repository.</summary>
internal static class RunHeaderReader
{
    private const string Unknown = "unknown";
    private const string KernelRelease = "/proc/sys/kernel/osrelease";

    internal static RunHeader Read(string size, string suites, string directory, DateTimeOffset now)
    {
        string? commit = Git("rev-parse", "--short=7", "HEAD");
        return new RunHeader(
            now.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
            size,
            suites,
            commit ?? Unknown,
            commit is not null && !string.IsNullOrEmpty(Git("status", "--porcelain", "--", ":/", ":(exclude,top)perf-results")),
            ValueOf("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            ValueOf("/proc/meminfo", "MemTotal") is string kilobytes ? $"{long.Parse(kilobytes.Split(' ')[0], CultureInfo.InvariantCulture) / (1024.0 * 1024):0.0} GiB" : Unknown,
            File.Exists(KernelRelease) ? $"{File.ReadAllText(KernelRelease).Trim()}, {RuntimeInformation.OSDescription}" : RuntimeInformation.OSDescription,
            FileSystemOf(directory),
            $"{RuntimeInformation.FrameworkDescription}, {(IsRelease ? "Release" : "Debug: figures are meaningless")}",
            $"{(GCSettings.IsServerGC ? "server" : "workstation")}, {GCSettings.LatencyMode}",
            ReadLoad());
    }

    private static bool IsRelease =>
        !typeof(RunHeaderReader).Assembly.GetCustomAttributes(typeof(DebuggableAttribute), false).Cast<DebuggableAttribute>().Any(static attribute => attribute.IsJITOptimizerDisabled);

    private static double ReadLoad() =>
        File.Exists("/proc/loadavg") ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : -1;

    private static string? ValueOf(string path, string key) => File.Exists(path)
        ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        : null;

    /// <summary>
    /// Returns the type of the mount with the longest path that contains the directory.
    /// </summary>
    private static string FileSystemOf(string directory)
    {
        if (!File.Exists("/proc/mounts"))
        {
            return Unknown;
        }

        string path = Path.GetFullPath(directory) + "/";
        return File.ReadLines("/proc/mounts")
            .Select(static line => line.Split(' '))
            .Where(mount => mount.Length > 2 && path.StartsWith(mount[1].TrimEnd('/') + "/", StringComparison.Ordinal))
            .MaxBy(static mount => mount[1].Length) is { } found ? found[2] : Unknown;
    }

    /// <summary>
    /// Runs git in the folder in which the harness was built. Returns null without git or
    /// a repository.
    /// </summary>
    private static string? Git(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = AppContext.BaseDirectory, RedirectStandardOutput = true, RedirectStandardError = true };
            using Process git = Process.Start(start)!;
            string output = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? output : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
