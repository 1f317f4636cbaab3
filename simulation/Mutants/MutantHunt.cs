using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Zurau.Simulation;

/// <summary>
/// Runs each mutant with the scenario or test that must catch it. A catch counts only if
/// the same seed or test finds nothing in the engine without the mutant, built in the
/// same way.
/// </summary>
internal sealed partial class MutantHunt(string root, int seeds, int lanes, Action<string> progress) : IDisposable
{
    private const int LongestMinutes = 20;
    private readonly MutantBuild _build = new(root);
    private string? _sound;

    internal MutantResult Hunt(MutantPatch mutant)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            progress($"{mutant.Name}: building");
            _sound ??= _build.BuildSound();
            string broken = _build.Build(mutant);
            clock.Restart();
            return mutant.Catcher.IsTest ? RunTest(mutant, broken, clock) : RunScenario(mutant, broken, clock);
        }
        catch (MutantException exception)
        {
            return new MutantResult(mutant, false, null, 0, clock.Elapsed.TotalSeconds, exception.Message);
        }
    }

    public void Dispose() => _build.Dispose();

    private MutantResult RunScenario(MutantPatch mutant, string broken, Stopwatch clock)
    {
        string folder = _build.CopyProgram(AppContext.BaseDirectory, "simulation");
        progress($"{mutant.Name}: up to {seeds} seeds of '{mutant.Catcher.Name}'");
        long run = 0;
        while (run < seeds) // Each iteration continues after the last seed of the previous one.
        {
            (int code, string output) = RunSeeds(folder, broken, mutant, run + 1, seeds - run);
            Match found = FirstViolation().Match(output);
            if (!found.Success)
            {
                return new MutantResult(mutant, false, null, seeds, clock.Elapsed.TotalSeconds, code == 0 ? "no violation" : $"the run ended with exit code {code}: {output.Trim().Split('\n')[^1]}");
            }

            long seed = long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
            if (RunSeeds(folder, _sound!, mutant, seed, 1).Code == 0)
            {
                return new MutantResult(mutant, true, seed, seed, clock.Elapsed.TotalSeconds, found.Groups[2].Value.Trim());
            }

            run = seed; // The seed fails without the mutant too.
        }

        return new MutantResult(mutant, false, null, seeds, clock.Elapsed.TotalSeconds, "every violation also occurs without the mutant");
    }

    private (int Code, string Output) RunSeeds(string folder, string engine, MutantPatch mutant, long first, long count) => Run(
        folder,
        "Zurau.Simulation.dll",
        engine,
        ["crash", "--scenario", mutant.Catcher.Name, "--first", "--lanes", $"{lanes}", "--seed", $"{first}", "--seeds", $"{count}"]);

    private MutantResult RunTest(MutantPatch mutant, string broken, Stopwatch clock)
    {
        string binaries = new[] { "Release", "Debug" }.Select(configuration => Path.Combine(root, "tests", "Engine.Tests", "bin", configuration, "net10.0")).FirstOrDefault(Directory.Exists)
            ?? throw new MutantException("Engine.Tests is not built; run 'dotnet build -c Release tests/Engine.Tests' first.");
        string folder = _build.CopyProgram(binaries, "Engine.Tests");
        progress($"{mutant.Name}: test {mutant.Catcher.Name}");
        string[] arguments = ["-noColor", "-method", $"*{mutant.Catcher.Name}"];
        (int code, string output) = Run(folder, "Engine.Tests.dll", broken, arguments);
        double seconds = clock.Elapsed.TotalSeconds;
        (int sound, string soundOutput) = Run(folder, "Engine.Tests.dll", _sound!, arguments);
        bool hasRun = TestsRun().Match(soundOutput) is { Success: true };
        string message = !hasRun ? $"Engine.Tests has no test '{mutant.Catcher.Name}'"
            : code == 0 ? "the test passes"
            : sound != 0 ? $"the test fails without the mutant too: {soundOutput.Trim().Split('\n').LastOrDefault()}"
            : output.Split('\n').Select(static line => line.Trim()).FirstOrDefault(static line => line.EndsWith("[FAIL]", StringComparison.Ordinal))?.Replace(" [FAIL]", "", StringComparison.Ordinal) ?? $"the tests ended with exit code {code}";
        return new MutantResult(mutant, code != 0 && sound == 0 && hasRun, null, 0, seconds, message);
    }

    private static (int Code, string Output) Run(string folder, string program, string engine, string[] arguments)
    {
        File.Copy(engine, Path.Combine(folder, MutantBuild.AssemblyName), overwrite: true);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(folder, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync();
        Task<string> output = child.StandardOutput.ReadToEndAsync();
        if (!child.WaitForExit(TimeSpan.FromMinutes(LongestMinutes)))
        {
            child.Kill(entireProcessTree: true);
            child.WaitForExit();
            return (-1, $"stopped after {LongestMinutes} minutes");
        }

        return (child.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    [GeneratedRegex(@"^first violation: seed (\d+): (.*)$", RegexOptions.Multiline)]
    private static partial Regex FirstViolation();

    [GeneratedRegex(@"Total: [1-9]")]
    private static partial Regex TestsRun();
}
