using System.CommandLine;
using Spectre.Console;
using Zurau.Harness.Dumping;
using Zurau.Harness.Inspection;

namespace Zurau.Harness;

/// <summary><c>dump DIR</c>: what is in a Kafka data directory, readable.</summary>
internal static class DumpCommand
{
    private const int Unusable = 2;

    internal static Command Create()
    {
        var path = new Argument<string>("DIR") { Description = "A data directory, ours or Kafka's, the folder of one partition, or one file." };
        var topic = new Option<string?>("--topic") { Description = "Only this topic." };
        var partition = new Option<int?>("--partition") { Description = "Only this partition number." };
        var records = new Option<bool>("--records") { Description = "Every batch and record too." };
        var limit = new Option<long>("--limit") { Description = "The most records of a partition.", DefaultValueFactory = static _ => long.MaxValue };
        var command = new Command("dump", "Shows what is in a Kafka data directory: segments, indexes, snapshots, checkpoints and, if asked, records. Takes no lock and changes nothing; damage is a line of the output.") { path, topic, partition, records, limit };
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
                console.Profile.Width = 1000; // Lines as long as they are: who reads them is a program or a pager.
            }

            var dump = new DirectoryDump(console, output, found.Files, options);
            if (found.File is null ? dump.Write(found.Folder) : dump.WriteFile(found.Folder!, found.File))
            {
                return 0;
            }
        }

        Console.Error.WriteLine($"'{path}' is no Kafka data directory, no partition's folder in one and no file of them.");
        return Unusable;
    }
}
