using System.CommandLine;

namespace Zurau.Simulation;

/// <summary>The internal command whose system calls the tests trace.</summary>
internal static class FlushStepsCommand
{
    internal static Command Create()
    {
        var directory = new Argument<string>("DIR");
        var isNew = new Option<bool>("--new");
        var command = new Command(FlushSteps.CommandName, "Executes the operations that promise durability, step by step. For internal use.") { directory, isNew };
        command.Hidden = true;
        command.SetAction(result => FlushSteps.Run(result.GetRequiredValue(directory), result.GetValue(isNew)));
        return command;
    }
}
