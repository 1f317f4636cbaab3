using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace ProcessTests.Benchmarks;

/// <summary>
/// Runs every suite at smoke size, so that none rots: what is written must be whole,
/// the figures mean nothing.
/// </summary>
public sealed class BenchmarkTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Every_suite_at_smoke_size_writes_well_formed_results()
    {
        using var directory = new TestDirectory();

        (int exitCode, string output) = await BenchAsync("--suite", "all", "--size", "smoke", "--out", directory.At("results"), "--data", directory.At("data"));

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
        Assert.DoesNotContain("Not measured in this run", summary, StringComparison.Ordinal); // Each of P1 to P16 is held to a target.
        string[] charts = Directory.GetFiles(folder, "*.svg");
        Assert.NotEmpty(charts);
        Assert.All(charts, chart => Assert.Equal("svg", XDocument.Load(chart).Root!.Name.LocalName));
        Assert.All(charts, chart => Assert.Contains($"({Path.GetFileName(chart)})", summary, StringComparison.Ordinal));
        Assert.Contains(Path.Combine(folder, "summary.md"), output, StringComparison.Ordinal);
        Assert.All((string[])["micro", "append", "fetch", "durable", "recovery", "produce", "codecs", "transactions", "consume", "listener", "partitions", "tuning", "backpressure"], suite => Assert.Contains($"--suite {suite}", output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kafka_where_it_is_there_is_measured_through_its_own_tools_and_through_Confluents_client()
    {
        using var directory = new TestDirectory();

        (int exitCode, string output) = await BenchAsync("--suite", "consume", "--case", "P7", "--size", "smoke", "--peers", "all", "--out", directory.At("results"), "--data", directory.At("data"));

        Assert.True(exitCode == 0, output);
        if (Environment.GetEnvironmentVariable("KAFKA_HOME") is null)
        {
            Assert.Contains("Apache Kafka: not run (set KAFKA_HOME", output, StringComparison.Ordinal);
            return;
        }

        Assert.Contains("× kafka (perf tools)", output, StringComparison.Ordinal);
        Assert.Contains("× kafka (Confluent.Kafka)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_name_that_no_case_has_is_one_line_that_lists_those_there_are()
    {
        (int exitCode, string output) = await BenchAsync("--suite", "fetch", "--case", "warm");

        Assert.Equal(1, exitCode);
        Assert.Equal("No case of suite 'fetch' contains 'warm'. Use a part of one of: 'P6: 100 B', 'P6: cold'.", output.Trim());
    }

    [Theory]
    [InlineData("--rate", "fast", "--rate 'fast' is not a number of records per second from 1 to 10,000,000.")]
    [InlineData("--rate", "0", "--rate '0' is not a number of records per second from 1 to 10,000,000.")]
    [InlineData("--duration", "-1", "--duration '-1' is not a number of seconds above 0 and at most 3600.")]
    [InlineData("--duration", "3601", "--duration '3601' is not a number of seconds above 0 and at most 3600.")]
    public async Task An_invalid_option_value_is_reported_in_one_line_with_the_valid_ones(string option, string value, string expected)
    {
        (int exitCode, string output) = await BenchAsync(option, value);

        Assert.Equal(1, exitCode);
        Assert.Equal(expected, output.Trim());
    }

    [Fact]
    public async Task A_peer_that_fails_is_named_with_its_reason_and_the_rest_is_measured()
    {
        using var directory = new TestDirectory();
        foreach (string program in (string[])["redis-server", "redis-benchmark", "nats-server"])
        {
            string path = directory.At($"bin/{program}");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, "#!/bin/sh\necho the disk is on fire >&2\nexit 1\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        string[] arguments = ["--suite", "produce", "--case", "peers: 100 B", "--size", "smoke", "--peers", "all", "--out", directory.At("results"), "--data", directory.At("data")];
        (int exitCode, string output) = await RunAsync(Start(arguments, ("PATH", $"{directory.At("bin")}:/bin:/usr/bin"), ("KAFKA_HOME", null)));

        Assert.Equal(2, exitCode);
        Assert.Contains("Redis Streams (fsync every second): failed: ", output, StringComparison.Ordinal);
        Assert.Contains("the disk is on fire", output, StringComparison.Ordinal);
        Assert.Contains("Apache Kafka: not run (set KAFKA_HOME", output, StringComparison.Ordinal);
        string summary = await File.ReadAllTextAsync(Path.Combine(Assert.Single(Directory.GetDirectories(directory.At("results"))), "summary.md"));
        Assert.Contains("| P3.peers.acks1 |", summary, StringComparison.Ordinal);
        Assert.Contains("NATS JetStream (file): failed: ", summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_case_that_fails_is_named_and_the_others_are_measured()
    {
        using var directory = new TestDirectory();

        // No file may become larger than 2 MiB: the page cache cannot be measured, allocations can.
        string[] arguments = ["--suite", "append", "--case", "P16", "--size", "smoke", "--out", directory.At("results"), "--data", directory.At("data")];
        (int exitCode, string output) = await RunAsync(Start(arguments, ("DOTNET_EnableWriteXorExecute", "0")), limits: "trap '' XFSZ; ulimit -f 2048");

        Assert.Equal(2, exitCode);
        Assert.Matches("limits: page cache: failed: .+", output);
        Assert.Contains("P16.append.64KB", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(directory.At("data")));
    }

    [Fact]
    public async Task Ctrl_C_ends_the_run_keeps_the_results_and_leaves_no_files()
    {
        using var directory = new TestDirectory();

        (int exitCode, string output) = await RunAsync(Start(["--suite", "all", "--size", "smoke", "--out", directory.At("results"), "--data", directory.At("data")]), interruptAfter: "Expected duration");

        Assert.Equal(130, exitCode);
        Assert.Contains("stopped by the user", output, StringComparison.Ordinal);
        Assert.DoesNotContain("backpressure.pause.heap", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Assert.Single(Directory.GetDirectories(directory.At("results"))), "result.json")));
        Assert.Empty(Directory.GetDirectories(directory.At("data")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_reported_in_one_line()
    {
        using var directory = new TestDirectory();
        await File.WriteAllTextAsync(directory.At("file"), "");

        (int exitCode, string output) = await BenchAsync("--size", "smoke", "--out", directory.At("file"));

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"--out '{directory.At("file")}' cannot be written to", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tables_of_the_performance_page_are_those_of_the_run_that_it_names()
    {
        string page = Path.Combine(Repository.Root, "docs", "performance.md");
        Match block = Regex.Match(await File.ReadAllTextAsync(page), @"<!-- performance of (\.\./perf-results/[^,]+), .*<!-- /performance -->", RegexOptions.Singleline);
        Assert.True(block.Success, "docs/performance.md has no block of performance figures.");

        (int exitCode, string output) = await BenchAsync("docs", Path.Combine(Repository.Root, "docs", block.Groups[1].Value), "--file", page, "--print");

        Assert.True(exitCode == 0, output);
        Assert.Equal(block.Value, output.Trim());
    }

    [Fact]
    public async Task A_page_without_a_place_for_the_tables_is_refused_in_one_line()
    {
        using var directory = new TestDirectory();
        await WriteRunAsync(directory.At("run"), ("P1.acks1.100B.t1", "rec/s", [10, 11, 12]));
        await File.WriteAllTextAsync(directory.At("page.md"), "# Nothing\n");

        (int exitCode, string output) = await BenchAsync("docs", directory.At("run"), "--file", directory.At("page.md"));

        Assert.Equal(1, exitCode);
        Assert.Contains("has no block", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_suite_is_one_line_that_lists_those_there_are()
    {
        (int exitCode, string output) = await BenchAsync("--suite", "appends");

        Assert.Equal(1, exitCode);
        Assert.Matches("^The suite 'appends' does not exist. Use one of: micro, append, .*, all, default\\.$", output.Trim());
    }

    [Fact]
    public async Task Compare_names_the_rows_that_changed_beyond_noise_and_in_which_direction()
    {
        using var directory = new TestDirectory();
        await WriteRunAsync(directory.At("a"), ("rate.up", "rec/s", [10, 11, 12]), ("rate.down", "rec/s", [10, 11, 12]), ("time.up", "ms", [1, 2, 3]), ("noise", "ms", [1, 2, 3]), ("gone", "ms", [1, 1, 1]));
        await WriteRunAsync(directory.At("b"), ("rate.up", "rec/s", [20, 21, 22]), ("rate.down", "rec/s", [7, 8, 9]), ("time.up", "ms", [4, 5, 6]), ("noise", "ms", [3, 4, 5]));

        (int exitCode, string output) = await BenchAsync("compare", directory.At("a"), directory.At("b"));

        Assert.True(exitCode == 0, output);
        Assert.Matches(@"rate\.up .*1\.91 × .*better .*3\.00 → 3\.00 .*1\.38 → 2\.63 .*7\.00 → 7\.00", output);
        Assert.Matches(@"rate\.down .*0\.73 × .*worse", output);
        Assert.Matches(@"time\.up .*2\.50 × .*worse", output);
        Assert.Matches(@"gone .*only in A", output);
        Assert.DoesNotContain("│ noise", output, StringComparison.Ordinal);
        Assert.Contains("1 better, 2 worse, 1 within noise, 0 only in B, 1 only in A.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_with_a_folder_that_is_not_a_run_is_reported_in_one_line()
    {
        using var directory = new TestDirectory();

        (int exitCode, string output) = await BenchAsync("compare", directory.Path, directory.Path);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"'{directory.Path}' does not contain the result of a run", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task Compare_with_an_incomplete_result_is_reported_in_one_line(string json)
    {
        using var directory = new TestDirectory();
        await File.WriteAllTextAsync(directory.At("result.json"), json);

        (int exitCode, string output) = await BenchAsync("compare", directory.Path, directory.Path);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"'{directory.Path}' does not contain the result of a run", Assert.Single(output.Trim().Split('\n')), StringComparison.Ordinal);
    }

    private static Task WriteRunAsync(string folder, params (string Id, string Unit, double[] Samples)[] rows)
    {
        Directory.CreateDirectory(folder);
        var result = new
        {
            header = new { date = "", size = "", suites = "", commit = "", isDirty = false, cpu = "", cores = 2, memory = "", kernel = "", fileSystem = "", runtime = "", garbageCollection = "", load = 0.0 },
            rows = rows.Select(static row => new { id = row.Id, what = "", unit = row.Unit, median = row.Samples[1], min = row.Samples[0], max = row.Samples[2], runs = row.Samples.Length, samples = row.Samples, settings = "", cost = new { span = "timed part", gen0 = 1.0, gen1 = 0.0, gen2 = 2.0, allocatedBytes = 0.0, cpuSeconds = 1.5, coresUsed = row.Samples[1] / 8, peakBytes = 7e6 } }),
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
        "P6.cold.crc.100B.t1",
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
        "P14.fsyncs",
        "P16.append.64KB",
        "P16.fetch.1MB",
        "P3.peers.acks1",
        "P3.peers.1KB.acks1",
        "P7.bytes.100B.t1",
        "P8.spinning.p99",
        "P8.parked.p50",
        "P8.one-at-a-time.mean",
        "P9.stored.100B",
        "P13.partitions.1",
        "append.size.1000000B",
        "consume.groups.2",
        "micro.crc",
        "micro.compress.zstd",
        "micro.generated",
        "P10.100.p8",
        "P12.compaction",
        "tuning.batch.size.102400.rate",
        "tuning.compression.type.Zstd.rate",
        "tuning.fetch.min.bytes.100000.p99",
        "backpressure.pause.heap",
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
        JsonElement cost = row.GetProperty("cost");
        Assert.All((string[])["gen0", "gen1", "gen2", "allocatedBytes"], name => Assert.True(cost.GetProperty(name).GetDouble() >= 0, id));
        if (!id.StartsWith("micro.", StringComparison.Ordinal))
        {
            Assert.True(cost.GetProperty("cpuSeconds").GetDouble() >= 0, id);
            Assert.True(cost.GetProperty("coresUsed").GetDouble() >= 0, id);
            Assert.True(cost.GetProperty("peakBytes").GetDouble() > 1e6, id);
        }

        Assert.All(row.GetProperty("limits").EnumerateArray(), limit => Assert.True(limit.GetProperty("share").GetDouble() > 0, id));
        Assert.All(row.GetProperty("peers").EnumerateArray(), peer => Assert.True(peer.GetProperty("ratio").GetDouble() > 0, id));
    }

    private static Task<(int ExitCode, string Output)> BenchAsync(params string[] arguments) => RunAsync(Start(arguments));

    private static ProcessStartInfo Start(string[] arguments, params (string Name, string? Value)[] variables)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", "exec \"$@\"", "bench", BuiltProgram.Host, "exec", BuiltProgram.Harness, "bench", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in variables)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(ProcessStartInfo start, string? limits = null, string? interruptAfter = null)
    {
        start.ArgumentList[1] = limits is null ? start.ArgumentList[1] : $"{limits}; {start.ArgumentList[1]}";
        using Process process = Process.Start(start)!;
        Task<string> output = ReadAsync(process, interruptAfter);
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

    private static async Task<string> ReadAsync(Process process, string? interruptAfter)
    {
        var text = new StringBuilder();
        while (await process.StandardOutput.ReadLineAsync() is string line)
        {
            text.AppendLine(line);
            if (interruptAfter is not null && line.Contains(interruptAfter, StringComparison.Ordinal))
            {
                using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
            }
        }

        return text.ToString();
    }
}
