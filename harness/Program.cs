using System.CommandLine;
using Zurau.Harness;
using Zurau.Harness.Bench;
using Zurau.Harness.Crash;
using Zurau.Harness.Mutants;

var root = new RootCommand("Zurau's harness: benchmarks, crash runs, and tools for data directories.");
root.Add(DumpCommand.Create());
root.Add(CheckCommand.Create());
root.Add(CrashCommand.Create());
root.Add(MutantsCommand.Create());
root.Add(BenchCommand.Create());
root.Add(BenchChildCommand.Create());
root.Add(KillRunCommand.Create());
root.Add(FlushStepsCommand.Create());
return root.Parse(args).Invoke();
