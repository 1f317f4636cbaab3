using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using Zurau.Tests;

namespace Simulation.Tests.Benchmarks;

/// <summary>Runs every suite at smoke size, so that none rots: what is written must be whole, the figures mean nothing.</summary>
public sealed class BenchmarkTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Every_suite_at_smoke_size_writes_well_formed_results()
    {
        using var directory = new TemporaryDirectory();

        (int exitCode, string output) = await BenchAsync("--size", "smoke", "--out", directory.At("results"), "--data", directory.At("data"));

        Assert.True(exitCode == 0, output);
        string folder = Assert.Single(Directory.GetDirectories(directory.At("results")));
        Assert.Matches(@"^\d{8}-\d{6}-[0-9a-f]{7}$", Path.GetFileName(folder));
        Assert.Empty(Directory.GetDirectories(directory.At("data")));
        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "result.json")));
        JsonElement[] rows = [.. result.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.All(rows, AssertWhole);
        string[] ids = [.. rows.Select(static row => row.GetProperty("id").GetString()!)];
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(s_expected, id => Assert.Contains(id, ids));
        string summary = await File.ReadAllTextAsync(Path.Combine(folder, "summary.md"));
        Assert.All(ids, id => Assert.Contains($"| {id} |", summary, StringComparison.Ordinal));
        string[] charts = Directory.GetFiles(folder, "*.svg");
        Assert.NotEmpty(charts);
        Assert.All(charts, chart => Assert.Equal("svg", XDocument.Load(chart).Root!.Name.LocalName));
        Assert.All(charts, chart => Assert.Contains($"({Path.GetFileName(chart)})", summary, StringComparison.Ordinal));
        Assert.Contains(Path.Combine(folder, "summary.md"), output, StringComparison.Ordinal);
        Assert.All((string[])["append", "fetch", "durable", "recovery", "produce", "codecs"], suite => Assert.Contains($"--suite {suite}", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_suite_is_one_line_that_lists_those_there_are()
    {
        (int exitCode, string output) = await BenchAsync("--suite", "appends");

        Assert.Equal(1, exitCode);
        Assert.Equal("There is no suite 'appends'; there are append, fetch, durable, recovery, produce, codecs, all.", output.Trim());
    }

    [Fact]
    public async Task Compare_names_the_rows_that_changed_beyond_noise_and_in_which_direction()
    {
        using var directory = new TemporaryDirectory();
        await WriteRunAsync(directory.At("a"), ("rate.up", "rec/s", [10, 11, 12]), ("rate.down", "rec/s", [10, 11, 12]), ("time.up", "ms", [1, 2, 3]), ("noise", "ms", [1, 2, 3]), ("gone", "ms", [1, 1, 1]));
        await WriteRunAsync(directory.At("b"), ("rate.up", "rec/s", [20, 21, 22]), ("rate.down", "rec/s", [7, 8, 9]), ("time.up", "ms", [4, 5, 6]), ("noise", "ms", [3, 4, 5]));

        (int exitCode, string output) = await BenchAsync("compare", directory.At("a"), directory.At("b"));

        Assert.True(exitCode == 0, output);
        Assert.Matches(@"rate\.up .*1\.91 × .*better", output);
        Assert.Matches(@"rate\.down .*0\.73 × .*worse", output);
        Assert.Matches(@"time\.up .*2\.50 × .*worse", output);
        Assert.Matches(@"gone .*only in A", output);
        Assert.DoesNotContain("│ noise", output, StringComparison.Ordinal);
        Assert.Contains("1 better, 2 worse, 1 within noise, 0 only in B, 1 only in A.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_with_a_folder_that_is_no_run_is_one_line_that_says_so()
    {
        using var directory = new TemporaryDirectory();

        (int exitCode, string output) = await BenchAsync("compare", directory.FullName, directory.FullName);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"'{directory.FullName}' holds no result of a run", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    private static Task WriteRunAsync(string folder, params (string Id, string Unit, double[] Samples)[] rows)
    {
        Directory.CreateDirectory(folder);
        var result = new
        {
            header = new { date = "", size = "", suites = "", commit = "", isDirty = false, cpu = "", cores = 2, memory = "", kernel = "", fileSystem = "", runtime = "", garbageCollection = "", load = 0.0 },
            rows = rows.Select(static row => new { id = row.Id, what = "", unit = row.Unit, median = row.Samples[1], min = row.Samples[0], max = row.Samples[2], runs = row.Samples.Length, samples = row.Samples, settings = "" }),
        };
        return File.WriteAllTextAsync(Path.Combine(folder, "result.json"), JsonSerializer.Serialize(result));
    }

    private static readonly string[] s_expected =
    [
        "limit.memory-copy.t1",
        "limit.fdatasync.4KB.unwritten.p50",
        "limit.durable-write",
        "P1.acks1.100B.t1",
        "P1.acksall.100B.t2",
        "P2.acks1.1KB.t1",
        "P5.latency.p50",
        "P5.senders.100",
        "P6.crc.100B.t1",
        "P6.raw.100B.t2",
        "P3.raw.100B.t1",
        "P3.typed.1KB.t1",
        "P4.awaited.100B.t1",
        "P16.produce.100B",
        "produce.outside.100B",
        "P15.gzip.compress.text",
        "P15.zstd.decompress.random",
        "P11.after-kill",
        "P11.clean-start",
        "P14.warm",
        "P14.cold",
        "P16.append.64KB",
        "P16.fetch.1MB",
    ];

    private static void AssertWhole(JsonElement row)
    {
        string id = row.GetProperty("id").GetString()!;
        double median = row.GetProperty("median").GetDouble();
        double min = row.GetProperty("min").GetDouble();
        double max = row.GetProperty("max").GetDouble();
        Assert.True(min >= 0 && min <= median && median <= max, id);
        Assert.True(median > 0 || id.StartsWith("P16", StringComparison.Ordinal), id);
        Assert.Equal(row.GetProperty("runs").GetInt32(), row.GetProperty("samples").GetArrayLength());
        Assert.NotEmpty(row.GetProperty("unit").GetString()!);
        Assert.NotEmpty(row.GetProperty("settings").GetString()!);
        Assert.All(row.GetProperty("limits").EnumerateArray(), limit => Assert.True(limit.GetProperty("share").GetDouble() > 0, id));
        Assert.All(row.GetProperty("peers").EnumerateArray(), peer => Assert.True(peer.GetProperty("ratio").GetDouble() > 0, id));
    }

    private static async Task<(int ExitCode, string Output)> BenchAsync(params string[] arguments)
    {
        // …/tests/<project>/bin/<configuration>/<framework>/
        string[] parts = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        string harness = Path.Combine([string.Join(Path.DirectorySeparatorChar, parts[..^5]), "harness", "bin", parts[^2], parts[^1], "Harness.dll"]);
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", harness, "bench", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"The harness did not end within {s_patience}: {await output} {await errors}");
        }

        return (process.ExitCode, await output + await errors);
    }
}
