using System.CommandLine;

namespace Zurau.Harness.Bench;

/// <summary>The internal command that <c>bench</c> starts as a separate process.</summary>
internal static class BenchChildCommand
{
    internal const string Name = "bench-child";

    internal static Command Create()
    {
        var task = new Argument<string>("TASK").AcceptOnlyFromAmong(ChildTask.Names);
        var directory = new Argument<string>("DIR");
        var bytes = new Argument<long>("BYTES");
        var command = new Command(Name, "Executes one step of a benchmark in a separate process. For internal use.") { task, directory, bytes };
        command.Hidden = true;
        command.SetAction(result => ChildTask.Run(result.GetRequiredValue(task), result.GetRequiredValue(directory), result.GetRequiredValue(bytes)));
        return command;
    }
}
