using Zurau.Engine.Common;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>Typed polls (P7), several groups over the same records, and produce to poll at a fixed rate (P8).</summary>
internal static class ConsumeSuite
{
    private const int BatchBytes = 16 * 1024; // The producer's default batch.size.
    private const int KafkaShare = 4; // Its tool needs seconds where ours needs tenths: it reads this part of the records.
    private const string Kafka = "Apache Kafka (consumer-perf)";
    private const string LatencyChart = "Produce to poll at a fixed rate";

    private static readonly (double Share, string Name)[] s_percentiles = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];

    internal static Suite Make() => new("consume", "typed polls (P7), groups side by side, produce to poll in an open loop (P8)",
    [
        new("P7: typed poll", Typed),
        new("groups side by side", Groups),
        new("P8: spinning reader", static context => Latency(context, isSpinning: true)),
        new("P8: parked reader", static context => Latency(context, isSpinning: false)),
    ]);

    private static void Typed(BenchContext context)
    {
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = context.Scale.ClientBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        (ClientLog log, string topic) = ClientLog.Filled(context.NewDirectory(), context.Scale, batches, count);
        using ClientLog open = log;
        string settings = $"Poll on one thread, Java's defaults (max.poll.records 500, check.crcs), one partition, {records} records of 100 B in batches of {batches.BatchBytes} B, page cache";
        var contestants = new List<Contestant>
        {
            new("bytes", settings, () => Workers.Rate(1, records, _ => Read<byte[]>(log, topic, null, records))),
            new("string", settings, () => Workers.Rate(1, records, _ => Read<string>(log, topic, null, records))),
        };
        using KafkaPeer? kafka = context.Peers.WithServers && context.IsThere(KafkaPeer.IsThere, "Apache Kafka", KafkaPeer.Remedy) ? KafkaPeer.Start(context.NewDirectory()) : null;
        if (kafka is not null)
        {
            string filled = kafka.NewTopic();
            kafka.Produce(filled, records / KafkaShare, 100, "acks=1");
            contestants.Add(new(Kafka, $"4.3.1, one node on loopback, its own tool and defaults, bytes, {records / KafkaShare} records, its count of the time in which it fetched", () => kafka.Consume(filled, records / KafkaShare)));
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        foreach ((string name, string type, double wanted) in ((string, string, double)[])[("bytes", "byte[]", 8e6), ("string", "string", 5e6)])
        {
            Entry ours = entries[name];
            Entry? peer = entries.GetValueOrDefault(Kafka);
            Target[] targets = [Target.AtLeast("records a second", wanted, ours.Value.Median)];
            context.Add(Row.Of($"P7.{name}.100B.t1", $"Consumer<{type}, {type}>.Poll", "rec/s", ours) with
            {
                Peers = peer is null ? [] : [Peer.Of(ours.Value, peer)],
                Targets = peer is null ? targets : [.. targets, Target.AtLeast($"ratio to {Kafka}", 3, ours.Value.RatioTo(peer.Value))],
            });
        }
    }

    private static void Groups(BenchContext context)
    {
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = context.Scale.ClientBytes / batches.BatchBytes / 2;
        long records = count * batches.RecordsPerBatch;
        (ClientLog log, string topic) = ClientLog.Filled(context.NewDirectory(), context.Scale, batches, count);
        using ClientLog open = log;
        int round = 0;
        foreach (int groups in (int[])[1, 2, 4])
        {
            Entry entry = Contest.Run(context, new Contestant("ours", $"{groups} group(s) of one member, a thread each, each reads all {records} records of 100 B and commits at the end", () =>
            {
                int now = round++;
                return Workers.Rate(groups, groups * records, number => Read<byte[]>(log, topic, $"group-{now}-{number}", records));
            }))["ours"];
            context.Add(Row.Of($"consume.groups.{groups}", $"{groups} group(s) read the same topic, together", "rec/s", entry) with
            {
                Plots = [new PlotPoint("Groups that read the same topic", "all together", "groups", groups)],
            });
        }
    }

    private static void Latency(BenchContext context, bool isSpinning)
    {
        string name = isSpinning ? "spinning" : "parked";
        int rate = context.Rate ?? 100_000;
        TimeSpan duration = context.Duration ?? TimeSpan.FromSeconds(context.Scale.OpenLoopSeconds);
        using var log = ClientLog.Open(context.NewDirectory());
        var rounds = new List<LatencyHistogram>();
        string settings = $"open loop, {rate} records of 100 B a second by intended send time for {duration.TotalSeconds:0.##} s a round (the first tenth not counted), Send, acks=1, linger 0, one producer, one {(isSpinning ? "consumer that polls without waiting: it costs one core" : "consumer that waits in Poll")}";
        Contest.Run(context, new Contestant("ours", settings, () =>
        {
            log.OnNewTopic(context.Scale.SegmentBytes, topic =>
            {
                rounds.Add(OpenLoop.Run(log, topic, rate, duration, isSpinning));
                return default;
            });
            return default;
        }));
        IEnumerable<LatencyHistogram> counted = rounds.TakeLast(context.Scale.Runs);
        foreach ((double share, string percentile) in s_percentiles)
        {
            var samples = new Samples(counted.Select(histogram => histogram.Percentile(share) / 1000.0));
            Target[] targets = (name, percentile) switch
            {
                ("spinning", "p50") => [Target.AtMost("µs", 10, samples.Median)],
                ("spinning", "p99") => [Target.AtMost("µs", 100, samples.Median)],
                ("parked", "p50") => [Target.AtMost("µs", 40, samples.Median)],
                _ => [],
            };
            context.Add(Row.Of($"P8.{name}.{percentile}", $"produce to poll, {name} reader, {percentile}", "µs", samples, settings) with
            {
                Targets = targets,
                Plots = [PlotPoint.At(LatencyChart, $"{name} reader", share)],
            });
        }
    }

    private static void Read<T>(ClientLog log, string topic, string? group, long records)
    {
        var consumer = new Consumer<T, T>(log.Transport, new ConsumerOptions { GroupId = group, EnableAutoCommit = group is not null, AutoOffsetReset = AutoOffsetReset.Earliest });
        if (group is null)
        {
            consumer.Assign(new TopicPartition(topic, 0));
        }
        else
        {
            consumer.Subscribe(topic);
        }

        for (long read = 0; read < records;)
        {
            read += consumer.Poll(TimeSpan.FromSeconds(1)).Count;
        }

        consumer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
