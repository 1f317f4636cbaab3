using System.Globalization;
using System.Text.RegularExpressions;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// The Apache Kafka in <c>KAFKA_HOME</c>: one node on loopback, with the load of its own
/// performance tools.
/// </summary>
internal sealed partial class KafkaPeer : IDisposable
{
    internal const string Name = "kafka (perf tools)";

    internal const string Settings = "Apache Kafka 4.3.1, one node on loopback";

    internal const string Remedy = "set KAFKA_HOME to a folder with kafka.sh, and install Java 17";

    private readonly string _directory;
    private int _topics;

    private KafkaPeer(string directory, int port)
    {
        _directory = directory;
        Bootstrap = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
        RunningServers.Add(Kill);
    }

    internal string Bootstrap { get; }

    internal static bool IsInstalled => Home is not null && File.Exists(Script) && PeerServer.Find("java") is not null;

    private static string? Home => Environment.GetEnvironmentVariable("KAFKA_HOME");

    internal static string Script => Path.Combine(Home!, "kafka.sh");

    /// <summary>Starts a broker and waits until it accepts requests.</summary>
    internal static KafkaPeer Start(string directory, params string[] settings)
    {
        Directory.CreateDirectory(directory);
        int port = PeerServer.FreePort();
        PeerServer.Run(Script, ["start", Path.GetFullPath(directory), port.ToString(CultureInfo.InvariantCulture), .. settings]);
        return new KafkaPeer(Path.GetFullPath(directory), port);
    }

    /// <summary>Creates a topic of one partition.</summary>
    internal string NewTopic(params string[] configs)
    {
        string topic = $"bench-{_topics++}";
        PeerServer.Run(Script, ["topics", "--bootstrap-server", Bootstrap, "--create", "--topic", topic, "--partitions", "1", .. configs.SelectMany(static config => (string[])["--config", config])]);
        return topic;
    }

    /// <summary>
    /// Runs Kafka's producer performance tool; returns records per second as counted by
    /// the tool, without its startup.
    /// </summary>
    internal Measurement Produce(string topic, long records, int valueBytes, params string[] properties)
    {
        string output = PeerServer.Run(Script, ["producer-perf", "--bootstrap-server", Bootstrap, "--topic", topic, "--num-records", $"{records}", "--record-size", $"{valueBytes}", "--throughput", "-1", "--command-property", .. properties]);
        return new Measurement(Number(Produced().Matches(output)[^1]));
    }

    /// <summary>
    /// Runs Kafka's consumer performance tool on a topic from the beginning; returns
    /// records per second of its fetch time.
    /// </summary>
    internal Measurement Consume(string topic, long records)
    {
        string output = PeerServer.Run(Script, "consumer-perf", "--bootstrap-server", Bootstrap, "--topic", topic, "--num-records", $"{records}", "--hide-header");
        string[] columns = output.Trim().Split('\n')[^1].Split(',');
        return new Measurement(double.Parse(columns[^1], CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Runs Kafka's end-to-end latency tool, one record at a time; returns the mean and
    /// the 99th percentile in microseconds. The tool reports the percentile in whole
    /// milliseconds.
    /// </summary>
    internal Measurement Latency(string topic, int records, int valueBytes)
    {
        string output = PeerServer.Run(Script, "e2e-latency", "--bootstrap-server", Bootstrap, "--topic", topic, "--num-records", $"{records}", "--producer-acks", "1", "--record-size", $"{valueBytes}");
        return new Measurement(Number(Average().Match(output)) * 1000, Number(Tail().Match(output)) * 1000);
    }

    public void Dispose()
    {
        RunningServers.Remove(Kill);
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    private void Kill() => PeerServer.Run(Script, "kill", _directory);

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"records sent, ([\d.]+) records/sec")]
    private static partial Regex Produced();

    [GeneratedRegex(@"Avg latency: ([\d.]+) ms")]
    private static partial Regex Average();

    [GeneratedRegex(@"99th = ([\d.]+)")]
    private static partial Regex Tail();
}
