using System.CommandLine;

namespace Zurau.Simulation;

/// <summary>The internal command that kill runs start as separate processes.</summary>
internal static class KillRunCommand
{
    internal static Command Create()
    {
        var seed = new Argument<int>("SEED");
        var run = new Argument<int>("RUN");
        var data = new Argument<string>("DATA");
        var expected = new Argument<string>("EXPECTED");
        var command = new Command(KillRunProcess.CommandName, "Appends until it is killed. For internal use.") { seed, run, data, expected };
        command.Hidden = true;
        command.SetAction(result => KillRunWriter.Run(
            result.GetRequiredValue(seed),
            result.GetRequiredValue(run),
            result.GetRequiredValue(data),
            result.GetRequiredValue(expected)));
        return command;
    }
}
