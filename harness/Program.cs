using System.CommandLine;

var root = new RootCommand("Zurau's harness: benchmarks, crash runs, and tools for data directories.");
return root.Parse(args).Invoke();
