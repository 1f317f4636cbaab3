using System.CommandLine;
using Zurau.Harness;

var root = new RootCommand("Zurau's harness: benchmarks, crash runs, and tools for data directories.");
root.Add(DumpCommand.Create());
root.Add(CheckCommand.Create());
return root.Parse(args).Invoke();
