using System.Globalization;
using Spectre.Console;

namespace Zurau.Simulation;

/// <summary>
/// Implements <c>crash --scenario kill</c>: a kill run from the command line.
/// </summary>
internal static class KillRunScenario
{
    internal const string Name = "kill";

    /// <summary>Kills processes, prints the progress and returns the exit code.</summary>
    /// <param name="kills">The number of processes to kill.</param>
    /// <param name="seed">The seed of the run; null to draw one.</param>
    internal static int Run(int kills, int? seed)
    {
        int drawn = seed ?? Random.Shared.Next();
        string directory = Directory.CreateTempSubdirectory("zurau-kill-").FullName;
        try
        {
            KillRunResult? result = null;
            AnsiConsole.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                .Start(progress =>
                {
                    ProgressTask task = progress.AddTask($"seed {drawn}", maxValue: kills);
                    result = new KillRun(typeof(KillRunScenario).Assembly.Location, directory, drawn).Run(kills, _ => task.Increment(1));
                });
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {drawn}: {result}"));
            Directory.Delete(directory, recursive: true);
            return 0;
        }
        catch (KillRunException exception)
        {
            AnsiConsole.WriteLine(exception.Message);
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Repeat it with: crash --scenario {Name} --kills {kills} --seed {drawn} (the times of the kills depend on the machine)."));
            return 1;
        }
    }
}
