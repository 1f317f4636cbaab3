using System.Diagnostics;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures typed polls (P7), several groups on the same records, and produce to poll at
/// a fixed rate (P8).
/// </summary>
internal static class ConsumeSuite
{
    private const int BatchBytes = 16 * 1024; // The producer's default batch.size.
    private const int KafkaShare = 4; // The divisor of the number of records for Kafka's tool, which is about ten times slower.
    private const int ValueBytes = 100;
    private const int OursPerPeer = 50; // A round trip of ours takes microseconds, a peer's takes hundreds.
    private const string LatencyChart = "Produce to poll at a fixed rate";

    private static readonly (double Share, string Name)[] s_percentiles = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];

    internal static Suite Make() => new("consume", "typed polls (P7), concurrent groups, produce to poll in an open loop and one at a time (P8)",
    [
        new("P7: typed poll", Typed) { ExpectedDuration = new(0.5, static scale => scale.ClientBytes, 2) },
        new("concurrent groups", Groups) { ExpectedDuration = new(0.6, static scale => scale.ClientBytes) },
        new("P8: open loop", OpenLoops) { ExpectedDuration = new(2.3, static scale => scale.OpenLoopSeconds, 1.7) },
        new("P8: one at a time", OneAtATime) { ExpectedDuration = new(0.1, static scale => scale.DurableAppends, 2) },
    ]);

    private static void Typed(BenchContext context)
    {
        var batches = EncodedBatches.Make(ValueBytes, BatchBytes, isText: true);
        long count = context.Scale.ClientBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        (ClientLog log, string topic) = ClientLog.Filled(context.NewDirectory(), context.Scale, batches, count);
        using ClientLog open = log;
        string settings = $"Poll on one thread, Java's defaults (max.poll.records 500, check.crcs), one partition, {records} records of 100 B of text in batches of {batches.BatchBytes} B, page cache";
        var contestants = new List<Contestant>
        {
            new("bytes", settings, () => Workers.Rate(1, records, _ => Read<byte[]>(log, topic, null, records))),
            new("string", settings, () => Workers.Rate(1, records, _ => Read<string>(log, topic, null, records))),
        };
        using KafkaPeer? kafka = StartKafka(context);
        if (kafka is not null)
        {
            AddKafka(context, contestants, kafka, records / KafkaShare);
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        foreach ((string name, string type, double wanted) in ((string, string, double)[])[("bytes", "byte[]", 8e6), ("string", "string", 5e6)])
        {
            Entry ours = entries[name];
            context.Add(Row.Of($"P7.{name}.100B.t1", $"Consumer<{type}, {type}>.Poll", "rec/s", ours) with
            {
                Limits = [ShareOfCopying(context, ours, 1)],
                Peers = entries.Peers(ours.Value, KafkaPeer.Name, ConfluentClient.Name),
                Targets =
                [
                    Target.AtLeast("records per second", wanted, ours.Value.Median),
                    .. entries.RatioAtLeast(ours.Value, KafkaPeer.Name, 3),
                    .. entries.RatioAtLeast(ours.Value, ConfluentClient.Name, 3),
                ],
            });
        }
    }

    private static KafkaPeer? StartKafka(BenchContext context) => context.Peers.WithServers
        ? context.StartPeer(KafkaPeer.IsInstalled, "Apache Kafka", KafkaPeer.Remedy, () => KafkaPeer.Start(context.NewDirectory()))
        : null;

    private static void AddKafka(BenchContext context, List<Contestant> contestants, KafkaPeer kafka, long records)
    {
        string filled = kafka.NewTopic();
        kafka.Produce(filled, records, 100, "acks=1");
        contestants.Add(new(KafkaPeer.Name, $"{KafkaPeer.Settings}, consumer-perf with its defaults, bytes, {records} records, by its fetch time", () => kafka.Consume(filled, records)) { IsPeer = true });
        contestants.Add(new(ConfluentClient.Name, $"{KafkaPeer.Settings}, {ConfluentClient.Versions}, Consume of one record at a time, bytes, its defaults and check.crcs, {records} records, from the first to the last", () => ConfluentClient.Consume(kafka.Bootstrap, filled, records)) { IsPeer = true });
    }

    private static void Groups(BenchContext context)
    {
        var batches = EncodedBatches.Make(ValueBytes, BatchBytes);
        long count = context.Scale.ClientBytes / batches.BatchBytes / 2;
        long records = count * batches.RecordsPerBatch;
        (ClientLog log, string topic) = ClientLog.Filled(context.NewDirectory(), context.Scale, batches, count);
        using ClientLog open = log;
        int round = 0;
        foreach (int groups in (int[])[1, 2, 4])
        {
            Entry entry = Contest.Run(context, new Contestant("ours", $"{groups} group(s) of one member, one thread per group; each reads all {records} records of 100 B and commits at the end", () =>
            {
                int now = round++;
                return Workers.Rate(groups, groups * records, number => Read<byte[]>(log, topic, $"group-{now}-{number}", records));
            }))["ours"];
            context.Add(Row.Of($"consume.groups.{groups}", $"{groups} group(s) read the same topic, together", "rec/s", entry) with
            {
                Limits = [ShareOfCopying(context, entry, Math.Min(groups, 2))],
                Plots = [new PlotPoint("Groups that read the same topic", "all together", "groups", groups)],
            });
        }
    }

    // A typed poll copies every value once.
    private static LimitShare ShareOfCopying(BenchContext context, Entry entry, int threads) =>
        context.ShareOf(LimitsSuite.MemoryCopy(threads), entry.Value.Median * ValueBytes / 1e9);

    private static void OpenLoops(BenchContext context)
    {
        int rate = context.Rate ?? 100_000;
        TimeSpan duration = context.Duration ?? TimeSpan.FromSeconds(context.Scale.OpenLoopSeconds);
        using var log = ClientLog.Open(context.NewDirectory());
        var rounds = new Dictionary<string, List<LatencyHistogram>>();
        string settings = $"open loop, {rate} records of 100 B per second by intended send time, the sender yields its core while it waits, {duration.TotalSeconds:0.##} s per round (without the first tenth), acks=1, linger 0, one producer, one consumer";
        Contestant Loop(string name, string how, Func<LatencyHistogram> run) => new(name, $"{settings}, {how}", () =>
        {
            LatencyHistogram histogram = run();
            rounds.TryAdd(name, []);
            rounds[name].Add(histogram);
            return new Measurement(histogram.Percentile(0.5) / 1000.0, histogram.Percentile(0.99) / 1000.0);
        });
        LatencyHistogram Ours(bool isSpinning)
        {
            LatencyHistogram? histogram = null;
            log.OnNewTopic(context.Scale.SegmentBytes, topic =>
            {
                histogram = OpenLoop.Run(log, topic, rate, duration, isSpinning);
                return default;
            });
            return histogram!;
        }

        var contestants = new List<Contestant>
        {
            Loop("spinning", "Send; the consumer polls without waiting, which uses one core", () => Ours(isSpinning: true)),
            Loop("parked", "Send; the consumer waits in Poll", () => Ours(isSpinning: false)),
        };
        using KafkaPeer? kafka = StartKafka(context);
        if (kafka is not null)
        {
            contestants.Add(Loop(ConfluentClient.Name, $"{KafkaPeer.Settings}, {ConfluentClient.Versions}, Produce, Consume waits", () => ConfluentLatency.AtRate(kafka.Bootstrap, kafka.NewTopic(), rate, duration)) with { IsPeer = true });
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Samples Of(string name, double share) => new(rounds[name].TakeLast(context.Scale.Runs).Select(histogram => histogram.Percentile(share) / 1000.0));
        Curve[] peers = [.. entries.Keys.Where(static name => name == ConfluentClient.Name).Select(name =>
            new Curve($"{LatencyChart}, µs", name, PlotPoint.Percentile, [.. s_percentiles.Select(one => new CurvePoint(PlotPoint.PlaceOf(one.Share), Of(name, one.Share).Median))]))];
        foreach (string name in (string[])["spinning", "parked"])
        {
            foreach ((double share, string percentile) in s_percentiles)
            {
                Samples samples = Of(name, share);
                context.Add(Row.Of($"P8.{name}.{percentile}", $"produce to poll, {name} reader, {percentile}", "µs", samples, entries[name]) with
                {
                    Peers = entries.TryGetValue(ConfluentClient.Name, out Entry? peer) ? [Peer.Of(samples, peer, Of(peer.Name, share))] : [],
                    Targets = (name, percentile) switch
                    {
                        ("spinning", "p50") => [Target.AtMost("µs", 10, samples.Median), .. entries.RatioAtMost(samples, ConfluentClient.Name, 1.0 / 20)],
                        ("spinning", "p99") => [Target.AtMost("µs", 100, samples.Median)],
                        ("parked", "p50") => [Target.AtMost("µs", 40, samples.Median), .. entries.RatioAtMost(samples, ConfluentClient.Name, 1.0 / 20)],
                        _ => [],
                    },
                    Plots = [PlotPoint.At(LatencyChart, $"{name} reader", share)],
                    Curves = (name, percentile) == ("parked", s_percentiles[^1].Name) ? peers : [],
                });
            }
        }
    }

    private static void OneAtATime(BenchContext context)
    {
        int count = context.Scale.DurableAppends;
        byte[] value = new byte[ValueBytes];
        using var log = ClientLog.Open(context.NewDirectory());
        var contestants = new List<Contestant>
        {
            new("ours", $"{count * OursPerPeer} records of {ValueBytes} B, each sent with acks=1, awaited and polled by the same thread before the next is sent, without the first tenth, during which the just-in-time compiler runs", () =>
                log.OnNewTopic(context.Scale.SegmentBytes, topic => Percentiles.MeanLatency(RoundTrips(log, topic, value, count * OursPerPeer)))),
        };
        using KafkaPeer? kafka = StartKafka(context);
        if (kafka is not null)
        {
            string topic = kafka.NewTopic();
            contestants.Add(new(KafkaPeer.Name, $"{KafkaPeer.Settings}, e2e-latency, acks=1, {count} records of {ValueBytes} B, its average; its 99th percentile is in whole milliseconds", () => kafka.Latency(topic, count, ValueBytes)) { IsPeer = true });
            contestants.Add(new(ConfluentClient.Name, $"{KafkaPeer.Settings}, {ConfluentClient.Versions}, acks=1, linger 0, {count} records of {ValueBytes} B, each awaited and consumed by the same thread before the next", () =>
                Percentiles.MeanLatency(ConfluentLatency.OneAtATime(kafka.Bootstrap, kafka.NewTopic(), value, count)))
            { IsPeer = true });
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry ours = entries["ours"];
        context.Add(Row.Of("P8.one-at-a-time.mean", "produce to poll, one record at a time, mean", "µs", ours) with
        {
            Peers = entries.Peers(ours.Value, KafkaPeer.Name, ConfluentClient.Name),
            Targets = [.. entries.RatioAtMost(ours.Value, KafkaPeer.Name, 1.0 / 20), .. entries.RatioAtMost(ours.Value, ConfluentClient.Name, 1.0 / 20)],
        });
        context.Add(Row.Of("P8.one-at-a-time.p99", "produce to poll, one record at a time, p99", "µs", ours.Tail!, ours) with
        {
            Peers = entries.TailPeers(ours.Tail!, KafkaPeer.Name, ConfluentClient.Name),
        });
    }

    private static double[] RoundTrips(ClientLog log, string topic, byte[] value, int count)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, new ProducerOptions { Acks = Acks.Leader, LingerMs = 0 });
        var consumer = new Consumer<byte[]?, byte[]>(log.Transport, new ConsumerOptions { AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Assign(new TopicPartition(topic, 0));
        var record = new ProducerRecord<byte[]?, byte[]>(topic, null, value);
        double[] latencies = new double[count];
        for (int i = -count / 9; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            producer.SendAsync(record).GetAwaiter().GetResult();
            while (consumer.Poll(TimeSpan.FromSeconds(1)).Count == 0)
            {
            }

            if (i >= 0)
            {
                latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            }
        }

        consumer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return latencies;
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
