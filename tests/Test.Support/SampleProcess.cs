using System.Diagnostics;
using System.Text;

namespace Zurau.Tests;

/// <summary>
/// A sample, Orders unless named, as a process that is started in a working directory
/// of the test's own.
/// </summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private SampleProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>True when the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What a finished run left.</summary>
    internal sealed record Result(int ExitCode, string Output, string Errors)
    {
        /// <summary>The numbers of a row of the final table.</summary>
        public long[] Row(string name) =>
        [
            .. Output.Split('\n')
                .Select(line => line.Split('│', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Single(cells => cells.Length > 1 && cells[0] == name)
                .Skip(1)
                .Select(cell => long.Parse(cell.Replace(",", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture)),
        ];

        public override string ToString() => $"exit code {ExitCode}\n{Output}\n{Errors}";
    }

    /// <summary>Starts the sample of the configuration that the tests were built in.</summary>
    public static SampleProcess Start(string workingDirectory, params string[] arguments) => Start(workingDirectory, new Dictionary<string, string>(), arguments);

    /// <summary>Starts it with more environment variables.</summary>
    public static SampleProcess Start(string workingDirectory, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Start("Orders", workingDirectory, environment, arguments);

    /// <summary>Runs a sample without arguments and waits for the end.</summary>
    public static async Task<Result> RunAsync(string sample, string workingDirectory)
    {
        using SampleProcess process = Start(sample, workingDirectory, new Dictionary<string, string>(), []);
        return await process.FinishAsync();
    }

    private static SampleProcess Start(string sample, string workingDirectory, IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(BuiltProgram.Host)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (string argument in (string[])["exec", BuiltProgram.Sample(sample), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        // The tests' own host settings are none of the sample's.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("Kafka__", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SampleProcess(Process.Start(start)!);
    }

    /// <summary>Starts it, gives it standard input and waits for the end.</summary>
    public static async Task<Result> RunAsync(string workingDirectory, string[] arguments, string input = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        using SampleProcess process = Start(workingDirectory, environment ?? new Dictionary<string, string>(), arguments);
        return await process.FinishAsync(input);
    }

    /// <summary>Gives the process its standard input and waits for its end.</summary>
    public async Task<Result> FinishAsync(string input = "")
    {
        try
        {
            await _process.StandardInput.WriteAsync(input);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It did not want to read.
        }

        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Kill();
            throw new TimeoutException($"The sample did not end within {s_patience.TotalSeconds} s.\n{await _output}\n{await _errors}");
        }

        return new Result(_process.ExitCode, await _output, await _errors);
    }

    /// <summary>Lets it run for a while; true when it ended by itself.</summary>
    public bool WaitForExit(TimeSpan time) => _process.WaitForExit(time);

    /// <summary>Sends SIGKILL and waits until the process has ended.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends SIGINT, as Ctrl+C does.</summary>
    public async Task InterruptAsync()
    {
        using Process kill = Process.Start("kill", ["-INT", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
