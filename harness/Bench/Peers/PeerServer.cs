using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// A server of a peer, started on loopback in a new directory and killed at the end.
/// </summary>
internal sealed class PeerServer : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_patienceWithTools = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly string _directory;

    private PeerServer(Process process, string directory, int port)
    {
        _process = process;
        _directory = directory;
        Port = port;
        RunningServers.Add(Kill);
    }

    internal int Port { get; }

    /// <summary>Starts a program and waits until its port accepts connections.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not accept
    /// connections in time; the message contains its output.</exception>
    internal static PeerServer Start(string program, string directory, Func<int, string[]> arguments)
    {
        Directory.CreateDirectory(directory);
        int port = FreePort();
        var start = new ProcessStartInfo(program, arguments(port)) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var server = new PeerServer(process, directory, port);
        long began = Stopwatch.GetTimestamp();
        while (!Answers(port))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(began) > s_patience)
            {
                server.Dispose();
                throw new InvalidOperationException($"{program} does not accept connections on port {port}: {output.GetAwaiter().GetResult()} {errors.GetAwaiter().GetResult()}");
            }

            Thread.Sleep(20);
        }

        return server;
    }

    /// <summary>Returns a port that is not in use.</summary>
    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// Finds a program on the path or in the system's folder for servers; returns null if
    /// it does not exist.
    /// </summary>
    internal static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a program until it ends and returns its output.</summary>
    /// <exception cref="InvalidOperationException">It failed, or did not end within five
    /// minutes.</exception>
    internal static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> reading = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(s_patienceWithTools))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not end within {s_patienceWithTools.TotalMinutes:0} minutes.");
        }

        string output = reading.GetAwaiter().GetResult();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}: {output} {errors.GetAwaiter().GetResult()}");
    }

    public void Dispose()
    {
        RunningServers.Remove(Kill);
        Kill();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
