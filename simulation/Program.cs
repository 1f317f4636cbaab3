using System.CommandLine;
using Zurau.Simulation;

var root = new RootCommand("Zurau's simulation: runs the engine with seeded crashes, and checks that planted faults are caught.");
root.Add(CrashCommand.Create());
root.Add(MutantsCommand.Create());
root.Add(KillRunCommand.Create());
root.Add(FlushStepsCommand.Create());
return root.Parse(args).Invoke();
