using System.CommandLine;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench;

/// <summary>
/// Implements <c>docs</c>: writes the tables of docs/performance.md from a recorded run.
/// </summary>
internal static class DocsCommand
{
    internal static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "The folder of the run, such as perf-results/20260101-120000-abcdef0." };
        var file = new Option<string>("--file") { Description = "The page; the text between its markers is replaced.", HelpName = "PATH", DefaultValueFactory = static _ => "docs/performance.md" };
        var print = new Option<bool>("--print") { Description = "Prints the tables and changes nothing." };
        var command = new Command("docs", "Writes the tables of docs/performance.md from a recorded run.") { run, file, print };
        command.SetAction(result => Run(result.GetRequiredValue(run), result.GetRequiredValue(file), result.GetValue(print)));
        return command;
    }

    private static int Run(string run, string file, bool isPrinting)
    {
        try
        {
            string link = Path.GetRelativePath(Path.GetDirectoryName(Path.GetFullPath(file))!, Path.GetFullPath(run)).Replace('\\', '/');
            string block = PerformanceTables.Write(ResultFolder.Read(run), link);
            if (isPrinting)
            {
                Console.WriteLine(block);
                return 0;
            }

            string text = File.ReadAllText(file);
            File.WriteAllText(file, PerformanceTables.Replace(text, block) ?? throw new InvalidDataException($"'{file}' has no block between '{PerformanceTables.Begin}… -->' and '{PerformanceTables.End}'. Add these two lines where the tables belong."));
            return 0;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(exception.Message);
            return 1;
        }
    }
}
