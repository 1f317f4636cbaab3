using System.CommandLine;
using Spectre.Console;
using Zurau.Inspection;
using Zurau.Tool.Dumping;

namespace Zurau.Tool;

/// <summary>
/// Implements <c>dump DIR</c>: prints the content of a Kafka data directory as text.
/// </summary>
internal static class DumpCommand
{
    private const int Unusable = 2;

    internal static Command Create()
    {
        var path = new Argument<string>("DIR") { Description = "A data directory of Zurau or Kafka, the folder of one partition, or one file." };
        var topic = new Option<string?>("--topic") { Description = "Only this topic." };
        var partition = new Option<int?>("--partition") { Description = "Only this partition number." };
        var records = new Option<bool>("--records") { Description = "Prints every batch and record too." };
        var limit = new Option<long>("--limit") { Description = "The maximum number of records per partition.", DefaultValueFactory = static _ => long.MaxValue };
        var command = new Command("dump", "Prints the content of a Kafka data directory: segments, indexes, snapshots, checkpoints and, if requested, records. Acquires no lock and changes nothing; damage is printed as a line.") { path, topic, partition, records, limit };
        command.SetAction(result => Run(result.GetValue(path)!, new DumpOptions(result.GetValue(topic), result.GetValue(partition), result.GetValue(records), result.GetValue(limit))));
        return command;
    }

    private static int Run(string path, DumpOptions options)
    {
        if (DataPath.Resolve(path) is { } found)
        {
            using var output = new StreamWriter(Console.OpenStandardOutput(), leaveOpen: true) { AutoFlush = !Console.IsOutputRedirected };
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
            if (Console.IsOutputRedirected)
            {
                console.Profile.Width = 1000; // No line wrapping: the output is for a program or a pager.
            }

            var dump = new DirectoryDump(console, output, found.Files, options);
            if (found.File is null ? dump.Write(found.Folder) : dump.WriteFile(found.Folder!, found.File))
            {
                return 0;
            }
        }

        Console.Error.WriteLine($"'{path}' is not a Kafka data directory, not a partition's folder in one, and not a file of one. Name one of these.");
        return Unusable;
    }
}
