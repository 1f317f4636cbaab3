using System.CommandLine;
using Zurau.Tool;

var root = new RootCommand("Zurau's command line: tools for data directories.");
root.Add(DumpCommand.Create());
root.Add(CheckCommand.Create());
return root.Parse(args).Invoke();
