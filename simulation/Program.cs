using System.CommandLine;
using Zurau.Simulation;

var root = new RootCommand("Zurau's simulation: crashes the engine with seeds, and plants faults that must be caught.");
root.Add(CrashCommand.Create());
root.Add(MutantsCommand.Create());
root.Add(KillRunCommand.Create());
root.Add(FlushStepsCommand.Create());
return root.Parse(args).Invoke();
