using System.Globalization;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// Redis Streams: XADD on loopback, with the load of Redis's own benchmark.
/// </summary>
internal sealed class RedisPeer : IDisposable
{
    internal const string Remedy = "apt-get install redis-server";

    private const int Pipeline = 100;
    private const int Clients = 4;

    private readonly PeerServer _server;
    private readonly string _settings;

    private RedisPeer(PeerServer server, string settings)
    {
        _server = server;
        _settings = settings;
    }

    internal static bool IsInstalled => PeerServer.Find("redis-server") is not null && PeerServer.Find("redis-benchmark") is not null;

    internal string Settings => $"{PeerServer.Run("redis-server", "--version").Trim()}; {_settings}; redis-benchmark XADD, {Clients} clients, {Pipeline} pipelined commands, loopback";

    /// <summary>Starts a server that appends every command to its file.</summary>
    /// <param name="directory">The directory of the file.</param>
    /// <param name="fsync"><c>always</c>: before the response; <c>everysec</c>: every
    /// second.</param>
    internal static RedisPeer Start(string directory, string fsync) => new(
        PeerServer.Start(
            PeerServer.Find("redis-server")!,
            directory,
            port => ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", directory, "--appendonly", "yes", "--appendfsync", fsync, "--save", ""]),
        $"appendonly yes, appendfsync {fsync}");

    /// <summary>Adds records to a new stream; returns records per second.</summary>
    internal Measurement Add(long records, int valueBytes)
    {
        string port = _server.Port.ToString(CultureInfo.InvariantCulture);
        PeerServer.Run("redis-cli", "-p", port, "FLUSHALL");
        string output = PeerServer.Run("redis-benchmark", "-p", port, "-P", $"{Pipeline}", "-c", $"{Clients}", "-n", $"{records}", "--csv", "XADD", "bench", "*", "v", new string('v', valueBytes));
        string[] last = output.Trim().Split('\n')[^1].Split("\",\"");
        return new Measurement(double.Parse(last[1].Trim('"'), CultureInfo.InvariantCulture));
    }

    public void Dispose() => _server.Dispose();
}
