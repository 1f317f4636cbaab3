using System.Diagnostics;
using System.Globalization;
using Zurau.Engine.Common;

namespace Zurau.Simulation;

/// <summary>
/// Kills processes that append to the real disk, and checks the data that each leaves.
/// Each directory is used for several kills with one set of options. Some kills happen
/// during the startup. Some directories are checked on a copy, so that the next process
/// has to recover, and some only after several kills.
/// </summary>
/// <param name="program">The assembly of the simulation, whose process is killed.</param>
/// <param name="workDirectory">The directory for data and expected state; those of a
/// failure are kept.</param>
/// <param name="seed">The seed of the run. The exact time of a kill depends on the
/// machine.</param>
internal sealed class KillRun(string program, string workDirectory, int seed)
{
    private const int MostKillsOfADirectory = 25;
    private const int MostStartMs = 250;
    private const int MostRunMs = 120;
    private readonly Random _random = new(seed);
    private readonly KillRunResult _result = new();

    /// <summary>Kills a number of processes and returns the result.</summary>
    /// <param name="kills">The number of processes to kill.</param>
    /// <param name="report">Called after each kill.</param>
    /// <exception cref="KillRunException">The data that a process left is wrong; the
    /// directory is kept.</exception>
    internal KillRunResult Run(int kills, Action<string> report)
    {
        long began = Stopwatch.GetTimestamp();
        while (_result.Kills < kills)
        {
            int planSeed = _random.Next();
            var plan = KillRunPlan.Draw(planSeed);
            string directory = Path.Combine(workDirectory, planSeed.ToString(CultureInfo.InvariantCulture));
            try
            {
                int most = Math.Clamp(kills / 3, 3, MostKillsOfADirectory);
                RunDirectory(plan, directory, Math.Min(_random.Next(3, most + 1), kills - _result.Kills), report);
            }
            catch (KillRunException exception)
            {
                throw new KillRunException($"{exception.Message} Seed {seed}, kill {_result.Kills}, {plan}; the directory is kept: '{directory}'.");
            }

            Directory.Delete(directory, recursive: true);
            _result.Directories++;
        }

        _result.Seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return _result;
    }

    private void RunDirectory(KillRunPlan plan, string directory, int kills, Action<string> report)
    {
        string data = Directory.CreateDirectory(Path.Combine(directory, "data")).FullName;
        var expected = new KillRunExpected(Directory.CreateDirectory(Path.Combine(directory, "expected")).FullName);
        var check = new KillRunCheck(plan, expected);
        KillRunCheck.Content? known = null;
        for (int run = 1; run <= kills; run++)
        {
            string time = RunProcess(plan, directory, run);
            _result.Kills++;

            // The last kill is always checked. A quarter of the others are not, so that a
            // recovery also follows an interrupted recovery.
            string verdict = "";
            if (run == kills || _random.Next(4) > 0)
            {
                bool isCopy = run < kills && _random.Next(2) == 0;
                known = check.Run(isCopy ? Copy(data, Path.Combine(directory, "copy")) : data, known);
                verdict = $", {known.Records} records, all as expected{(isCopy ? " (in a copy)" : "")}";
                _result.Checks++;
            }

            report(string.Create(CultureInfo.InvariantCulture, $"kill {_result.Kills}: {time}{verdict}"));
        }

        _result.Note(plan, expected, known!, Directory.GetFiles(data, "*.log", SearchOption.AllDirectories).Length);
    }

    private string RunProcess(KillRunPlan plan, string directory, int run)
    {
        using var process = KillRunProcess.Start(program, plan.Seed, run, Path.Combine(directory, "data"), Path.Combine(directory, "expected"));
        bool isStart = run > 1 && _random.Next(4) == 0;
        int milliseconds = _random.Next(isStart ? MostStartMs : MostRunMs);
        if (!isStart)
        {
            process.WaitFor(KillRunWriter.Ready);
        }

        Thread.Sleep(milliseconds);
        if (!process.Kill())
        {
            throw new KillRunException($"The process ended before it was killed: {process.Errors()}");
        }

        _result.KillsAtStart += isStart ? 1 : 0;
        return $"{milliseconds} ms after its {(isStart ? "start" : "first append")}";
    }

    /// <summary>
    /// Copies a directory in the order that a backup requires: the recovery point
    /// checkpoints before the logs.
    /// </summary>
    internal static string Copy(string from, string to)
    {
        if (Directory.Exists(to))
        {
            Directory.Delete(to, recursive: true);
        }

        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            CopyFile(file, to);
        }

        foreach (string folder in Directory.GetDirectories(from))
        {
            string target = Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName;
            Array.ForEach(Directory.GetFiles(folder), file => CopyFile(file, target));
        }

        return to;
    }

    private static void CopyFile(string file, string to)
    {
        try
        {
            // Not File.Copy, which locks the file: it would fail on the lock file.
            if (Path.GetFileName(file) != ".lock")
            {
                File.WriteAllBytes(Path.Combine(to, Path.GetFileName(file)), ReadAll(file));
            }
        }
        catch (FileNotFoundException)
        {
            // Renamed or replaced in the meantime: a spare segment or a temporary file.
        }
    }

    private static byte[] ReadAll(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
