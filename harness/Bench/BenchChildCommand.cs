using System.CommandLine;

namespace Zurau.Harness.Bench;

/// <summary>The command that <c>bench</c> starts in processes of its own; not for people.</summary>
internal static class BenchChildCommand
{
    internal const string Name = "bench-child";

    internal static Command Create()
    {
        var task = new Argument<string>("TASK").AcceptOnlyFromAmong(ChildTask.Names);
        var directory = new Argument<string>("DIR");
        var bytes = new Argument<long>("BYTES");
        var command = new Command(Name, "Does one step of a benchmark in a process of its own.") { task, directory, bytes };
        command.Hidden = true;
        command.SetAction(result => ChildTask.Run(result.GetRequiredValue(task), result.GetRequiredValue(directory), result.GetRequiredValue(bytes)));
        return command;
    }
}
