using System.CommandLine;

namespace Zurau.Harness.Crash;

/// <summary>The command whose system calls the tests trace; not for people.</summary>
internal static class FlushStepsCommand
{
    internal static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var isNew = new Option<bool>("--new");
        var command = new Command(FlushSteps.CommandName, "Does what promises durability, step by step.") { directory, isNew };
        command.Hidden = true;
        command.SetAction(result => FlushSteps.Run(result.GetRequiredValue(directory), result.GetValue(isNew)));
        return command;
    }
}
