using System.CommandLine;

namespace Orders;

/// <summary>The command line.</summary>
internal static class OrdersCommand
{
    /// <summary>Leaves signals to the host, which stops the listeners first, and failures to <see cref="UserError"/>.</summary>
    public static InvocationConfiguration Configuration { get; } = new()
    {
        ProcessTerminationTimeout = null,
        EnableDefaultExceptionHandler = false,
    };

    /// <summary>Makes the command.</summary>
    public static RootCommand Build()
    {
        var file = new Argument<string?>("FILE")
        {
            Description = "Orders, one JSON object a line; - is standard input. Without it the shipped file is taken.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        file.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', _, ..] name }])
            {
                result.AddError($"There is no option '{name}'; --help lists what there is.");
            }
        });
        var generate = new Option<int?>("--generate")
        {
            Description = "Write N lines with the faults of the shipped file into FILE (default: orders-N.jsonl), then take it. The same N gives the same lines.",
            HelpName = "N",
        };
        generate.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1)
            {
                result.AddError($"--generate is the number of lines, at least 1, and not {result.GetValueOrDefault<int?>()}.");
            }
        });
        var data = new Option<string?>("--data")
        {
            Description = "Data directory (the same as --kafka bootstrap.servers=embedded:DIR).",
            HelpName = "DIR",
        };
        var source = new Option<string?>("--source")
        {
            Description = "Name of the input in the source-file header; a rerun resumes by it. Default: the file's name, - for standard input.",
            HelpName = "NAME",
        };
        var kafka = new Option<string[]>("--kafka")
        {
            Description = "A setting, such as producer:acks=1; may be given more than once. Environment: Kafka__Producer__Acks=1.",
            HelpName = "KEY=VALUE",
        };
        var acknowledged = new Option<string?>("--acknowledged")
        {
            Description = "Append a line to FILE for every order whose publish was acknowledged.",
            HelpName = "FILE",
            Hidden = true,
        };
        var root = new RootCommand("Publishes orders, bills them in a listener, and dead-letters what cannot be billed.")
        {
            file,
            generate,
            data,
            source,
            kafka,
            acknowledged,
        };
        root.SetAction((result, _) => OrdersRun.RunAsync(new OrdersArguments(
            result.GetValue(file),
            result.GetValue(generate),
            result.GetValue(data),
            result.GetValue(source),
            result.GetValue(kafka) ?? [],
            result.GetValue(acknowledged))));
        return root;
    }
}
