using System.Diagnostics;

namespace Interop.Tests;

/// <summary>Runs a real Kafka's command line tools.</summary>
internal static class KafkaTools
{
    /// <summary>The folder with kafka.sh; null where there is none.</summary>
    public static string? Home { get; } =
        Environment.GetEnvironmentVariable("KAFKA_HOME") is { Length: > 0 } home && File.Exists(Path.Combine(home, "kafka.sh")) ? home : null;

    /// <summary>Dumps segment and index files; gives what the tool wrote to both outputs.</summary>
    public static async Task<string> DumpAsync(IEnumerable<string> files, params string[] options)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])[Path.Combine(Home!, "kafka.sh"), "dump", .. options, "--files", string.Join(',', files)])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string all = output + await errors;
        Assert.True(process.ExitCode == 0, all);
        return all;
    }
}
