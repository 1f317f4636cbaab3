using System.CommandLine;
using Zurau.Harness.Bench;

var root = new RootCommand("Zurau's harness: benchmarks, crash runs, and tools for data directories.");
root.Add(BenchCommand.Build());
root.Add(BenchChildCommand.Build());
return root.Parse(args).Invoke();
