using Zurau.Engine.Common;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures other systems with the same records: a channel of .NET, Redis Streams, NATS
/// JetStream, Apache Kafka.
/// </summary>
internal static class ProducePeers
{
    private const int ServerShare = 8; // The divisor of the number of records for servers, which are slower by more than this factor.
    private const int WideBatch = 256 * 1024;
    private const string KafkaDefault = $"{KafkaPeer.Name}, acks=1, its defaults";
    private const string KafkaWide = $"{KafkaPeer.Name}, acks=1, batch 256 KB, linger 5";
    private const string KafkaDurable = $"{KafkaPeer.Name}, acks=all, fsync per append";
    private const string ConfluentDefault = $"{ConfluentClient.Name}, acks=1, its defaults";
    private const string ConfluentWide = $"{ConfluentClient.Name}, acks=1, batch 256 KB, linger 5";
    private const string RedisEverySecond = "Redis Streams (fsync every second)";
    private const string RedisAlways = "Redis Streams (fsync before the response)";
    private const string Nats = "NATS JetStream (file)";

    internal static BenchCase Make(int valueBytes, string name) => new($"peers: {name}", context => Run(context, valueBytes, name))
    {
        ExpectedDuration = valueBytes < 1024 ? new(1.2, static scale => scale.ClientBytes, 18) : new(0.5, static scale => scale.ClientBytes, 7.5),
    };

    private static void Run(BenchContext context, int valueBytes, string size)
    {
        long records = context.Scale.ClientBytes / valueBytes;
        byte[] value = EncodedBatches.Make(valueBytes, WideBatch).Value;
        using var log = ClientLog.Open(context.NewDirectory());
        Contestant Ours(string name, Acks acks, int batchSize) => new(name, $"Producer<byte[], byte[]>.Send, acks={(acks == Acks.All ? "all" : "1")}, batch.size {batchSize}, linger 5, one thread, one partition, {records} records of {valueBytes} B, until the last is acknowledged", () =>
            log.OnNewTopic(context.Scale.SegmentBytes, topic => Workers.Rate(1, records, _ => Sender.Send(log, topic, value, records, new ProducerOptions { Acks = acks, BatchSize = batchSize }))));
        var contestants = new List<Contestant>
        {
            Ours("acks1", Acks.Leader, new ProducerOptions().BatchSize),
            Ours("acks1-wide", Acks.Leader, WideBatch),
            Ours("acksall-wide", Acks.All, WideBatch),
        };
        var servers = new List<IDisposable>();
        try
        {
            if (context.Peers.WithLibraries)
            {
                contestants.Add(new(ChannelPeer.Name, ChannelPeer.Settings, () => ChannelPeer.Pass(records, value)) { IsPeer = true });
            }

            if (context.Peers.WithServers)
            {
                InviteRedisAndNats(context, contestants, servers, Math.Max(1000, records / ServerShare), valueBytes);
                InviteKafka(context, contestants, servers, records, value);
            }

            AddRows(context, Contest.Run(context, contestants), size, valueBytes);
        }
        finally
        {
            servers.ForEach(static server => server.Dispose());
        }
    }

    private static void InviteRedisAndNats(BenchContext context, List<Contestant> contestants, List<IDisposable> servers, long records, int valueBytes)
    {
        foreach ((string name, string fsync) in ((string, string)[])[(RedisEverySecond, "everysec"), (RedisAlways, "always")])
        {
            if (context.StartPeer(RedisPeer.IsInstalled, name, RedisPeer.Remedy, () => RedisPeer.Start(context.NewDirectory(), fsync)) is RedisPeer redis)
            {
                servers.Add(redis);
                contestants.Add(new(name, $"{redis.Settings}, {records} records", () => redis.Add(records, valueBytes)) { IsPeer = true });
            }
        }

        if (context.StartPeer(NatsPeer.IsInstalled, Nats, NatsPeer.Remedy, () => NatsPeer.Start(context.NewDirectory())) is NatsPeer nats)
        {
            servers.Add(nats);
            contestants.Add(new(Nats, $"{NatsPeer.Settings}, {records} records", () => nats.Publish(records, valueBytes)) { IsPeer = true });
        }
    }

    private static void InviteKafka(BenchContext context, List<Contestant> contestants, List<IDisposable> servers, long records, byte[] value)
    {
        if (context.StartPeer(KafkaPeer.IsInstalled, "Apache Kafka", KafkaPeer.Remedy, () => KafkaPeer.Start(context.NewDirectory())) is not KafkaPeer kafka)
        {
            return;
        }

        servers.Add(kafka);
        string topic = kafka.NewTopic();
        string flushed = kafka.NewTopic("flush.messages=1");
        const string Tool = $"{KafkaPeer.Settings}, producer-perf in a new Java process each round (including its just-in-time compilation), one partition";
        void Add(string name, string settings, Func<Measurement> run) => contestants.Add(new(name, $"{settings}, {records} records", run) { IsPeer = true });
        Add(KafkaDefault, $"{Tool}, acks=1", () => kafka.Produce(topic, records, value.Length, "acks=1"));
        Add(KafkaWide, $"{Tool}, acks=1, batch.size={WideBatch}, linger.ms=5", () => kafka.Produce(topic, records, value.Length, "acks=1", $"batch.size={WideBatch}", "linger.ms=5"));
        Add(KafkaDurable, $"{Tool}, acks=all, batch.size={WideBatch}, linger.ms=5, flush.messages=1", () => kafka.Produce(flushed, records, value.Length, "acks=all", $"batch.size={WideBatch}", "linger.ms=5"));
        string client = $"{KafkaPeer.Settings}, {ConfluentClient.Versions}, Produce without delivery reports, then Flush, one thread, one partition, a queue of a million messages, acks=1";
        string there = kafka.NewTopic();
        Add(ConfluentDefault, $"{client}, its defaults (batch.size 1000000, linger.ms 5)", () => ConfluentClient.Produce(kafka.Bootstrap, there, value, records, "1000000"));
        Add(ConfluentWide, $"{client}, batch.size={WideBatch}, linger.ms=5", () => ConfluentClient.Produce(kafka.Bootstrap, there, value, records, $"{WideBatch}"));
    }

    private static void AddRows(BenchContext context, IReadOnlyDictionary<string, Entry> entries, string size, int valueBytes)
    {
        foreach ((string name, string what, string[] peers, string[] kafkas) in ((string, string, string[], string[])[])
        [
            ("acks1", "send, acks=1, default batches", [ChannelPeer.Name, RedisEverySecond, Nats], [KafkaDefault, ConfluentDefault]),
            ("acks1-wide", "send, acks=1, batches of 256 KB", [ChannelPeer.Name, RedisEverySecond, Nats], [KafkaWide, ConfluentWide]),
            ("acksall-wide", "send, acks=all, batches of 256 KB", [RedisAlways], [KafkaDurable]),
        ])
        {
            Entry ours = entries[name];
            context.Add(Row.Of($"P3.peers.{(size == "100 B" ? "" : size.Replace(" ", "", StringComparison.Ordinal) + ".")}{name}", $"{what}, {size}", "rec/s", ours) with
            {
                Limits = [context.ShareOf(LimitsSuite.MemoryCopy(1), ours.Value.Median * valueBytes / 1e9)],
                Peers = entries.Peers(ours.Value, peers.Concat(kafkas)),
                Targets = size == "100 B" && name != "acksall-wide" ? [.. kafkas.SelectMany(kafka => entries.RatioAtLeast(ours.Value, kafka, 6))] : [],
            });
        }
    }
}
