using System.CommandLine;
using System.Diagnostics;
using Zurau.Harness.Inspection;

namespace Zurau.Harness;

/// <summary><c>check DIR</c>: a structural check of a Kafka data directory, one line a finding.</summary>
internal static class CheckCommand
{
    private const int Clean = 0;
    private const int HasFindings = 1;
    private const int Unusable = 2;

    internal static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "A data directory, ours or Kafka's, or the folder of one partition. No broker should have it open." };
        var command = new Command("check", "Checks every batch, index, snapshot and checkpoint of a Kafka data directory. Changes nothing. Exit code: 0 clean, 1 findings, 2 unusable.") { directory };
        command.SetAction(result => Run(result.GetValue(directory)!));
        return command;
    }

    private static int Run(string path)
    {
        var watch = Stopwatch.StartNew();
        if (DataPath.Resolve(path) is not { File: null } found || DirectoryCheck.Run(found.Files, folder: found.Folder) is not { } report)
        {
            Console.Error.WriteLine($"'{path}' is no Kafka data directory: it has no folder named topic-partition, and is none.");
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

        Console.WriteLine($"{report.Partitions} partitions, {report.Batches} batches, {report.Records} records, {report.Bytes} bytes in {watch.Elapsed.TotalSeconds:0.0} s: {report.Findings.Count} findings, {report.Notes.Count} notes (what the next start puts right).");
        return report.Findings.Count == 0 ? Clean : HasFindings;
    }
}
