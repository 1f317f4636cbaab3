using Zurau.Engine.Common;
using Zurau.Engine.Records.Compression;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the settings that trade throughput against latency, one at a time: the effect
/// that Kafka's guides claim for a network, and the effect here, without network round
/// trips.
/// </summary>
internal static class TuningSuite
{
    private const int OpenLoopRate = 50_000;
    private const int ValueBytes = 100;
    private const int Lines = 1000;
    private const int SlowestShare = 4; // The divisor of the number of records for codecs; without it, gzip would need most of the run.
    private const string Default = "the default setting";
    private const string MoreOfBoth = "claimed: more throughput, more latency (Confluent's guide: 100,000 to 200,000)";
    private const string Waiting = "claimed: more throughput, up to that much more latency (Confluent's guide: 10 to 100)";
    private const string Compressing = "claimed: more throughput if the network is the limit, fewer bytes stored (Confluent's guide: lz4)";
    private const string Gathering = "claimed: more throughput of the consumer, more latency (Confluent's guide: about 100,000)";

    internal static Suite Make() => new("tuning", "settings that trade throughput against latency: batch.size, linger.ms, compression.type, fetch.min.bytes",
    [
        new("batch.size", static context => Producing(context, "batch.size", MoreOfBoth, [16_384, 32_768, 65_536, 102_400], static (options, value) => options with { BatchSize = value })) { ExpectedDuration = new(3, static scale => scale.ClientBytes) },
        new("linger.ms", static context => Producing(context, "linger.ms", Waiting, [0, 5, 20, 100], static (options, value) => options with { LingerMs = value })) { ExpectedDuration = new(3, static scale => scale.ClientBytes) },
        new("compression.type", static context => Producing(context, "compression.type", Compressing, [CompressionType.None, CompressionType.Gzip, CompressionType.Snappy, CompressionType.Lz4, CompressionType.Zstd], static (options, value) => options with { CompressionType = value }, SlowestShare, OrderLines.Make(ValueBytes, Lines))) { ExpectedDuration = new(4, static scale => scale.ClientBytes) },
        new("concurrency", static context => context.IsAvailable(false, "tuning: concurrency", "requires groups of several members")) { ExpectedDuration = new(0) },
        new("fetch.min.bytes", Fetching) { ExpectedDuration = new(1.6, static scale => scale.OpenLoopSeconds) },
    ]);

    /// <summary>
    /// Measures one setting of the producer; one of the values is the default.
    /// </summary>
    /// <param name="context">The context that gets the rows.</param>
    /// <param name="knob">Kafka's name of the setting.</param>
    /// <param name="claim">The claimed effect.</param>
    /// <param name="values">The values to measure.</param>
    /// <param name="set">Applies a value.</param>
    /// <param name="share">The divisor of the number of records.</param>
    /// <param name="text">The values of the records, used in rotation; null for the same
    /// random bytes in every record.</param>
    private static void Producing<T>(BenchContext context, string knob, string claim, IReadOnlyList<T> values, Func<ProducerOptions, T, ProducerOptions> set, int share = 1, IReadOnlyList<byte[]>? text = null)
    {
        long records = context.Scale.ClientBytes / ValueBytes / share;
        IReadOnlyList<byte[]> value = text ?? [EncodedBatches.Make(ValueBytes, 16 * 1024).Value];
        string payload = text is null ? "B" : "B of JSON text";
        ProducerOptions defaults = new() { Acks = Acks.Leader };
        using var log = ClientLog.Open(context.NewDirectory());
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, [.. values.Select(one => new Contestant($"{one}", $"{knob}={one}, otherwise the defaults with acks=1; {records} records of {ValueBytes} {payload} by Send on one thread until the last is acknowledged", () =>
            log.OnNewTopic(context.Scale.SegmentBytes, topic => Workers.Rate(1, records, _ => Sender.Send(log, topic, value, records, set(defaults, one))))))]);
        Entry usual = entries[$"{values.First(one => set(defaults, one) == defaults)}"];
        foreach (T one in values)
        {
            Entry entry = entries[$"{one}"];
            context.Add(Row.Of($"tuning.{knob}.{one}.rate", $"{knob}={one}; {claim}", "rec/s", entry) with
            {
                Peers = entry == usual ? [] : [Peer.Of(entry.Value, usual with { Name = Default })],
            });
            AddLatency(context, log, $"tuning.{knob}.{one}", $"{knob}={one}", set(defaults, one), null, text);
        }
    }

    private static void Fetching(BenchContext context)
    {
        using var log = ClientLog.Open(context.NewDirectory());
        foreach (int bytes in (int[])[1, 10_000, 100_000])
        {
            AddLatency(context, log, $"tuning.fetch.min.bytes.{bytes}", $"fetch.min.bytes={bytes}; {Gathering}", null, new ConsumerOptions { FetchMinBytes = bytes });
        }
    }

    private static void AddLatency(BenchContext context, ClientLog log, string id, string what, ProducerOptions? sending, ConsumerOptions? reading, IReadOnlyList<byte[]>? text = null)
    {
        int rate = context.Rate ?? OpenLoopRate;
        TimeSpan duration = context.Duration ?? TimeSpan.FromSeconds(context.Scale.OpenLoopSeconds / 2);
        Entry entry = Contest.Run(context, new Contestant("ours", $"open loop, {rate} records of {ValueBytes} B{(text is null ? "" : " of JSON text")} per second for {duration.TotalSeconds:0.##} s, parked reader, from the intended send time to the receipt by a consumer", () =>
            log.OnNewTopic(context.Scale.SegmentBytes, topic =>
            {
                LatencyHistogram histogram = OpenLoop.Run(log, topic, rate, duration, isSpinning: false, sending, reading, text);
                return new Measurement(histogram.Percentile(0.5) / 1000.0, histogram.Percentile(0.99) / 1000.0);
            })))["ours"];
        context.Add(Row.Of($"{id}.p50", $"{what}; latency, p50", "µs", entry));
        context.Add(Row.Of($"{id}.p99", $"{what}; latency, p99", "µs", entry.Tail!, entry));
    }
}
