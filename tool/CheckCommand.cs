using System.CommandLine;
using System.Diagnostics;
using Zurau.Inspection;

namespace Zurau.Tool;

/// <summary>
/// Implements <c>check DIR</c>: checks the structure of a Kafka data directory and prints
/// one line per finding.
/// </summary>
internal static class CheckCommand
{
    private const int Clean = 0;
    private const int HasFindings = 1;
    private const int Unusable = 2;

    internal static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "A data directory of Zurau or Kafka, or the folder of one partition. No broker may have it open." };
        var command = new Command("check", "Checks every batch, index, snapshot and checkpoint of a Kafka data directory. Changes nothing. Exit code: 0 without findings, 1 with findings, 2 if the path is not usable.") { directory };
        command.SetAction(result => Run(result.GetValue(directory)!));
        return command;
    }

    private static int Run(string path)
    {
        var watch = Stopwatch.StartNew();
        if (DataPath.Resolve(path) is not { File: null } found || DirectoryCheck.Run(found.Files, folder: found.Folder) is not { } report)
        {
            Console.Error.WriteLine($"'{path}' is not a Kafka data directory and not the folder of a partition: it contains no folder named TOPIC-PARTITION. Name a data directory, or a folder in one.");
            return Unusable;
        }

        foreach (Finding note in report.Notes)
        {
            Console.WriteLine($"note: {note}");
        }

        foreach (Finding finding in report.Findings)
        {
            Console.WriteLine(finding);
        }

        Console.WriteLine($"{report.Partitions} partitions, {report.Batches} batches, {report.Records} records, {report.Bytes} bytes in {watch.Elapsed.TotalSeconds:0.0} s: {report.Findings.Count} findings, {report.Notes.Count} notes (repaired by the next startup).");
        return report.Findings.Count == 0 ? Clean : HasFindings;
    }
}
