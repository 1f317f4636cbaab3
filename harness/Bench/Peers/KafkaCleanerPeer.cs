using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// The log cleaner of the Apache Kafka in <c>KAFKA_HOME</c>. Gets copies of a closed
/// partition, and cleans one of them when its topic becomes compacted. The figures are
/// from Kafka's log.
/// </summary>
internal sealed partial class KafkaCleanerPeer : IDisposable
{
    internal const string Name = "Apache Kafka's log cleaner";

    private const double MiB = 1024 * 1024;
    private const string Topic = "cleaned";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly string _directory;
    private readonly string _bootstrap;
    private int _cleaned;

    private KafkaCleanerPeer(string directory, int port)
    {
        _directory = directory;
        _bootstrap = $"127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}";
        RunningServers.Add(Kill);
    }

    /// <summary>Starts a broker that has copies of a partition folder.</summary>
    /// <param name="directory">The directory of the broker.</param>
    /// <param name="partition">The partition folder.</param>
    /// <param name="segmentBytes">The maximum size of a cleaned segment.</param>
    /// <param name="copies">The number of copies; each is cleaned once.</param>
    internal static KafkaCleanerPeer Start(string directory, string partition, long segmentBytes, int copies)
    {
        Directory.CreateDirectory(directory);
        directory = Path.GetFullPath(directory);
        int port = PeerServer.FreePort();
        string at = port.ToString(CultureInfo.InvariantCulture);
        PeerServer.Run(KafkaPeer.Script, "start", directory, at, "log.cleaner.backoff.ms=50", "log.cleaner.threads=1", "log.initial.task.delay.ms=50");
        var peer = new KafkaCleanerPeer(directory, port);
        try
        {
            for (int i = 0; i < copies; i++)
            {
                PeerServer.Run(KafkaPeer.Script, "topics", "--bootstrap-server", peer._bootstrap, "--create", "--topic", $"{Topic}{i}", "--partitions", "1",
                    "--config", "retention.ms=-1", "--config", "min.cleanable.dirty.ratio=0.01", "--config", $"segment.bytes={segmentBytes}");
            }

            PeerServer.Run(KafkaPeer.Script, "stop", directory);
            for (int i = 0; i < copies; i++)
            {
                Replace(partition, Path.Combine(directory, "data", $"{Topic}{i}-0"));
            }

            // The figures of the cleaner are lines of its log.
            PeerServer.Run("env", "KAFKA_LOG=info", KafkaPeer.Script, "start", directory, at);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes Kafka clean the next copy; returns bytes of the dirty log per second, as
    /// logged by the cleaner.
    /// </summary>
    /// <exception cref="TimeoutException">Kafka did not clean it in time.</exception>
    internal Measurement Clean()
    {
        string topic = $"{Topic}{_cleaned++}";
        PeerServer.Run(KafkaPeer.Script, "configs", "--bootstrap-server", _bootstrap, "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", "cleanup.policy=compact");
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < s_patience)
        {
            string log = File.ReadAllText(Path.Combine(_directory, "broker.log"));
            int at = log.IndexOf($"cleaned log {topic}-0 ", StringComparison.Ordinal);
            if (at >= 0 && Rate(log[at..]) is double rate)
            {
                return new Measurement(rate);
            }

            Thread.Sleep(50);
        }

        throw new TimeoutException($"Kafka did not clean '{topic}' within {s_patience.TotalSeconds:0} s; read its log in '{_directory}'.");
    }

    public void Dispose()
    {
        RunningServers.Remove(Kill);
        Kill();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>
    /// Returns MB/s of the first cleaning in a log; null if it contains none.
    /// </summary>
    internal static double? Rate(string log) => Done().Match(log) is { Success: true } done ? Number(done, "megabytes") * MiB / Number(done, "seconds") / 1e6 : null;

    private static double Number(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture); // Also accepts "2,066.4".

    /// <summary>Replaces Kafka's files by ours; keeps Kafka's topic id.</summary>
    private static void Replace(string ours, string theirs)
    {
        const string Id = "partition.metadata";
        foreach (string file in Directory.GetFiles(theirs).Where(static file => Path.GetFileName(file) != Id))
        {
            File.Delete(file);
        }

        // Segments are hard links: no process writes to them, and all copies share the
        // page cache.
        PeerServer.Run("cp", ["-l", .. Directory.GetFiles(ours, "*.log"), theirs]);
        PeerServer.Run("cp", [.. Directory.GetFiles(ours).Where(static file => Path.GetFileName(file) != Id && !file.EndsWith(".log", StringComparison.Ordinal)), theirs]);
    }

    private void Kill() => PeerServer.Run(KafkaPeer.Script, "kill", _directory);

    [GeneratedRegex(@"(?<megabytes>[\d,.]+) MB of log processed in (?<seconds>[\d,.]+) seconds")]
    private static partial Regex Done();
}
