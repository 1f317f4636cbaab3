using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Interop.Tests;

/// <summary>
/// A real Kafka broker in a directory of its own, on loopback; dead when it is
/// disposed.
/// </summary>
/// <param name="settings">Settings of the broker, each <c>name=value</c>.</param>
internal sealed class KafkaBroker(params string[] settings) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private readonly TestDirectory _directory = new();
    private readonly int _port = FreePorts();

    /// <summary>Where its partitions' folders are.</summary>
    public string Data => _directory.At("data");

    private string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    /// <summary>Starts it and waits until it answers.</summary>
    public Task StartAsync() => RunAsync(["start", _directory.Path, _port.ToString(CultureInfo.InvariantCulture), "log.retention.ms=-1", .. settings]);

    /// <summary>Shuts it down cleanly.</summary>
    public Task StopAsync() => RunAsync("stop", _directory.Path);

    public Task CreateTopicAsync(string topic, params string[] configs) =>
        RunAsync(["topics", "--bootstrap-server", Address, "--create", "--topic", topic, "--partitions", "1", .. configs.SelectMany(static config => (string[])["--config", config])]);

    /// <summary>Reads partition 0 until nothing comes any more: offsets and values.</summary>
    public async Task<(long Offset, string Value)[]> ReadAllAsync(string topic, string isolationLevel)
    {
        string output = await RunAsync(
            "console-consumer", "--bootstrap-server", Address, "--topic", topic, "--partition", "0", "--offset", "earliest", "--timeout-ms", "6000",
            "--isolation-level", isolationLevel, "--property", "print.offset=true", "--property", "print.value=true");
        return [.. output.Split('\n').Where(static line => line.StartsWith("Offset:", StringComparison.Ordinal)).Select(static line => line.Split('\t'))
            .Select(static parts => (long.Parse(parts[0]["Offset:".Length..], CultureInfo.InvariantCulture), parts[1]))];
    }

    /// <summary>Runs kafka-transactions.</summary>
    public Task<string> TransactionsAsync(params string[] arguments) => RunAsync(["transactions", "--bootstrap-server", Address, .. arguments]);

    /// <summary>Runs kafka-consumer-groups.</summary>
    public Task<string> GroupsAsync(params string[] arguments) => RunAsync(["groups", "--bootstrap-server", Address, .. arguments]);

    /// <summary>Describes a group's offsets.</summary>
    public Task<string> GroupAsync(string group) => RunAsync("groups", "--bootstrap-server", Address, "--describe", "--offsets", "--group", group);

    /// <summary>
    /// Reads so many records from the beginning, a line each: offset, timestamp, key,
    /// headers and value between tabs.
    /// </summary>
    public async Task<string[]> ConsumeAsync(string topic, int count)
    {
        string output = await RunAsync(
            "console-consumer", "--bootstrap-server", Address, "--topic", topic, "--partition", "0", "--offset", "earliest", "--timeout-ms", "15000",
            "--max-messages", count.ToString(CultureInfo.InvariantCulture),
            "--property", "print.offset=true", "--property", "print.timestamp=true", "--property", "print.key=true", "--property", "print.headers=true", "--property", "print.value=true");
        return [.. output.Split('\n').Where(static line => line.Contains("Offset:", StringComparison.Ordinal))];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (File.Exists(_directory.At("pid")))
            {
                await RunAsync("kill", _directory.Path);
            }
        }
        finally
        {
            _directory.Dispose();
        }
    }

    /// <summary>The broker's port; its controller takes the next one.</summary>
    private static int FreePorts()
    {
        while (true)
        {
            using var first = new TcpListener(IPAddress.Loopback, 0);
            first.Start();
            int port = ((IPEndPoint)first.LocalEndpoint).Port;
            try
            {
                using var second = new TcpListener(IPAddress.Loopback, port + 1);
                second.Start();
                return port;
            }
            catch (Exception exception) when (exception is SocketException or ArgumentOutOfRangeException)
            {
                // Taken: another pair.
            }
        }
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        // Output is written to files: a broker started by a script would keep pipes open.
        using var scratch = new TestDirectory();
        var start = new ProcessStartInfo("bash");
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("out=$1; shift; exec bash \"$@\" > \"$out\" 2>&1 < /dev/null");
        start.ArgumentList.Add("kafka");
        foreach (string argument in (string[])[scratch.At("output"), Path.Combine(KafkaTools.Home!, "kafka.sh"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"kafka.sh {string.Join(' ', arguments)} did not end within {s_patience.TotalSeconds} s:\n{await File.ReadAllTextAsync(scratch.At("output"))}");
        }

        string output = await File.ReadAllTextAsync(scratch.At("output"));
        Assert.True(process.ExitCode == 0, $"kafka.sh {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}");
        return output;
    }
}
