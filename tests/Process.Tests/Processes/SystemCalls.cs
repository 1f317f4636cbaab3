using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ProcessTests.Processes;

/// <summary>
/// The system calls of a process that concern files, as strace saw them, and the marks
/// that the process printed between them.
/// </summary>
internal sealed partial class SystemCalls
{
    private const string Traced = "openat,write,pwrite64,fsync,fdatasync,rename,unlink,ftruncate,mkdir";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly List<Call> _calls = [];

    /// <summary>
    /// A finished call. Begin and End are line numbers of the trace: of two calls that
    /// overlap neither was first.
    /// </summary>
    /// <param name="Name">The call.</param>
    /// <param name="Arguments">Its arguments, with the path of each descriptor.</param>
    /// <param name="Begin">Where it began.</param>
    /// <param name="End">Where it ended.</param>
    /// <param name="IsOk">Whether it succeeded.</param>
    internal sealed record Call(string Name, string Arguments, int Begin, int End, bool IsOk)
    {
        /// <summary>The last path among the arguments: of a rename the new name.</summary>
        internal string Path => Paths()[^1];

        /// <summary>All paths among the arguments.</summary>
        internal string[] Paths() => [.. PathPattern().Matches(Arguments).Select(static match => match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value)];
    }

    internal IReadOnlyList<Call> All => _calls;

    /// <summary>Runs the simulation under strace and reads what it did.</summary>
    internal static SystemCalls Of(string traceFile, params string[] simulationArguments)
    {
        string[] arguments =
        [
            "-f", "-y", "-s", "256", "-e", "trace=" + Traced, "-o", traceFile,
            BuiltProgram.Host, "exec", BuiltProgram.Simulation, .. simulationArguments,
        ];
        using Process process = Process.Start(new ProcessStartInfo("strace", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The traced process did not end: {output.Result} {errors.Result}");
        }

        var calls = new SystemCalls();
        calls.Parse(File.ReadAllLines(traceFile));
        return calls;
    }

    /// <summary>Where a mark was printed.</summary>
    internal int Mark(string name)
    {
        Call[] marks = [.. _calls.Where(call => call.Name == "write" && call.Arguments.Contains($"\"MARK {name}\\n\"", StringComparison.Ordinal))];
        Assert.True(marks.Length == 1, $"the mark '{name}' is there {marks.Length} times");
        return marks[0].Begin;
    }

    /// <summary>The calls that began and ended between two marks.</summary>
    internal Call[] Between(string from, string to)
    {
        int begin = Mark(from);
        int end = Mark(to);
        return [.. _calls.Where(call => call.Begin > begin && call.End < end && call.IsOk)];
    }

    private void Parse(string[] lines)
    {
        var unfinished = new Dictionary<string, (string Name, string Arguments, int Begin)>();
        for (int i = 0; i < lines.Length; i++)
        {
            if (Whole().Match(lines[i]) is { Success: true } whole)
            {
                _calls.Add(new Call(whole.Groups["name"].Value, whole.Groups["arguments"].Value, i, i, whole.Groups["result"].Value[0] != '-'));
            }
            else if (Unfinished().Match(lines[i]) is { Success: true } begun)
            {
                unfinished[begun.Groups["process"].Value] = (begun.Groups["name"].Value, begun.Groups["arguments"].Value, i);
            }
            else if (Resumed().Match(lines[i]) is { Success: true } resumed && unfinished.Remove(resumed.Groups["process"].Value, out (string Name, string Arguments, int Begin) call))
            {
                _calls.Add(new Call(call.Name, call.Arguments + resumed.Groups["arguments"].Value, call.Begin, i, resumed.Groups["result"].Value[0] != '-'));
            }
        }
    }

    [GeneratedRegex(@"^(?<process>\d+) +(?<name>\w+)\((?<arguments>.*)\) += (?<result>-?\d+)")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^(?<process>\d+) +(?<name>\w+)\((?<arguments>.*?),? *<unfinished \.\.\.>$")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^(?<process>\d+) +<\.\.\. \w+ resumed>(?<arguments>.*)\) += (?<result>-?\d+)")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"<(/[^>]*)>|""(/[^""]*)""")]
    private static partial Regex PathPattern();
}
