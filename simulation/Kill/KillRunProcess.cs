using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Zurau.Simulation;

/// <summary>
/// A child process that executes one process run of a <see cref="KillRunWriter"/>.
/// </summary>
internal sealed partial class KillRunProcess : IDisposable
{
    internal const string CommandName = "kill-writer";
    internal const int Terminate = 15;
    internal const int Stop = 19;
    internal const int Continue = 18;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private KillRunProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal int Id => _process.Id;

    internal bool HasExited => _process.HasExited;

    /// <summary>Starts a process run.</summary>
    /// <param name="program">The assembly of the simulation.</param>
    /// <param name="seed">The seed of the plan.</param>
    /// <param name="run">The number of the process run in the directory.</param>
    /// <param name="data">The data directory.</param>
    /// <param name="expected">The directory of the expected state.</param>
    /// <param name="prefix">A program that starts the process, with its arguments; empty
    /// for none.</param>
    internal static KillRunProcess Start(string program, int seed, int run, string data, string expected, params string[] prefix)
    {
        string[] line =
        [
            .. prefix,
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", program,
            CommandName, seed.ToString(CultureInfo.InvariantCulture), run.ToString(CultureInfo.InvariantCulture), data, expected,
        ];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Process runs are short; without PGO counters, more time remains for appends.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new KillRunProcess(Process.Start(start)!);
    }

    /// <summary>
    /// Waits until the process prints a word; throws with its error output if it ends
    /// before.
    /// </summary>
    internal void WaitFor(string word)
    {
        using var patience = new CancellationTokenSource(s_patience);
        string? line = _process.StandardOutput.ReadLineAsync(patience.Token).AsTask().GetAwaiter().GetResult();
        if (line != word)
        {
            throw new KillRunException($"The process printed '{line}' instead of '{word}': {Errors()}");
        }
    }

    /// <summary>
    /// Kills the process with SIGKILL; returns false if it had already ended.
    /// </summary>
    internal bool Kill()
    {
        if (_process.HasExited)
        {
            return false;
        }

        _process.Kill();
        _process.WaitForExit();
        return _process.ExitCode == 128 + 9;
    }

    internal void Send(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0)
        {
            throw new KillRunException($"Signal {signal} could not be sent.");
        }
    }

    /// <summary>Waits until the process ends and returns its exit code.</summary>
    internal int Finish()
    {
        if (!_process.WaitForExit(s_patience))
        {
            _process.Kill();
            throw new KillRunException($"The process did not end within {s_patience.TotalSeconds} s.");
        }

        return _process.ExitCode;
    }

    internal string Errors() => _process.HasExited ? _errors.GetAwaiter().GetResult().Trim() : "";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
