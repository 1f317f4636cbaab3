using System.CommandLine;
using Zurau.Harness.Bench;

var root = new RootCommand("Zurau's harness: benchmarks of Zurau and its peers.");
root.Add(BenchCommand.Create());
root.Add(BenchChildCommand.Create());
return root.Parse(args).Invoke();
