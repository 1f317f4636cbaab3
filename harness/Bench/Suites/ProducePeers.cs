using Zurau.Engine.Common;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>What others do with the same records: a channel of .NET, Redis Streams, NATS JetStream, Apache Kafka.</summary>
internal static class ProducePeers
{
    private const int ValueBytes = 100;
    private const int ServerShare = 8; // Servers are slower by more than this: they get this part of the records.
    private const int WideBatch = 256 * 1024;
    private const string KafkaDefault = "Apache Kafka (producer-perf, acks=1, its defaults)";
    private const string KafkaWide = "Apache Kafka (producer-perf, acks=1, batch 256 KB, linger 5)";
    private const string KafkaDurable = "Apache Kafka (producer-perf, acks=all, fsync for each append)";
    private const string RedisEverySecond = "Redis Streams (fsync each second)";
    private const string RedisAlways = "Redis Streams (fsync before the answer)";
    private const string Nats = "NATS JetStream (file)";

    internal static BenchCase Make() => new("peers: 100 B", Run);

    private static void Run(BenchContext context)
    {
        long records = context.Scale.ClientBytes / ValueBytes;
        long fewer = Math.Max(1000, records / ServerShare);
        byte[] value = EncodedBatches.Make(ValueBytes, WideBatch).Value;
        using var log = ClientLog.Open(context.NewDirectory());
        Contestant Ours(string name, Acks acks, int batchSize) => new(name, $"Producer<byte[], byte[]>.Send, acks={(acks == Acks.All ? "all" : "1")}, batch.size {batchSize}, linger 5, one thread, one partition, {records} records of {ValueBytes} B, until the last is acknowledged", () =>
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
            Invite(context, contestants, servers, records, fewer, value);
            AddRows(context, Contest.Run(context, contestants));
        }
        finally
        {
            servers.ForEach(static server => server.Dispose());
        }
    }

    private static void Invite(BenchContext context, List<Contestant> contestants, List<IDisposable> servers, long records, long fewer, byte[] value)
    {
        if (context.Peers.WithLibraries)
        {
            contestants.Add(new(ChannelPeer.Name, ChannelPeer.Settings, () => ChannelPeer.Pass(records, value)));
        }

        if (!context.Peers.WithServers)
        {
            return;
        }

        if (context.IsThere(RedisPeer.IsThere, "Redis", RedisPeer.Remedy))
        {
            foreach ((string name, string fsync) in ((string, string)[])[(RedisEverySecond, "everysec"), (RedisAlways, "always")])
            {
                var redis = RedisPeer.Start(context.NewDirectory(), fsync);
                servers.Add(redis);
                contestants.Add(new(name, $"{redis.Settings}, {fewer} records", () => redis.Add(fewer, ValueBytes)));
            }
        }

        if (context.IsThere(NatsPeer.IsThere, "NATS", NatsPeer.Remedy))
        {
            var nats = NatsPeer.Start(context.NewDirectory());
            servers.Add(nats);
            contestants.Add(new(Nats, $"{NatsPeer.Settings}, {fewer} records", () => nats.Publish(fewer, ValueBytes)));
        }

        if (context.IsThere(KafkaPeer.IsThere, "Apache Kafka", KafkaPeer.Remedy))
        {
            var kafka = KafkaPeer.Start(context.NewDirectory());
            servers.Add(kafka);
            string topic = kafka.NewTopic();
            string flushed = kafka.NewTopic("flush.messages=1");
            const string Common = "4.3.1, one node on loopback, its own tool in a new Java process each round (its just-in-time compiler's time counts), one partition";
            contestants.Add(new(KafkaDefault, $"{Common}, acks=1, {records} records", () => kafka.Produce(topic, records, ValueBytes, "acks=1")));
            contestants.Add(new(KafkaWide, $"{Common}, acks=1, batch.size={WideBatch}, linger.ms=5, {records} records", () => kafka.Produce(topic, records, ValueBytes, "acks=1", $"batch.size={WideBatch}", "linger.ms=5")));
            contestants.Add(new(KafkaDurable, $"{Common}, acks=all, batch.size={WideBatch}, linger.ms=5, flush.messages=1, {records} records", () => kafka.Produce(flushed, records, ValueBytes, "acks=all", $"batch.size={WideBatch}", "linger.ms=5")));
        }
    }

    private static void AddRows(BenchContext context, IReadOnlyDictionary<string, Entry> entries)
    {
        foreach ((string name, string what, string[] peers, string? kafka) in ((string, string, string[], string?)[])
        [
            ("acks1", "send, acks=1, default batches", [ChannelPeer.Name, RedisEverySecond, Nats, KafkaDefault], KafkaDefault),
            ("acks1-wide", "send, acks=1, batches of 256 KB", [ChannelPeer.Name, RedisEverySecond, Nats, KafkaWide], KafkaWide),
            ("acksall-wide", "send, acks=all, batches of 256 KB", [RedisAlways, KafkaDurable], null),
        ])
        {
            Entry ours = entries[name];
            Entry[] there = [.. peers.Where(entries.ContainsKey).Select(peer => entries[peer])];
            context.Add(Row.Of($"P3.peers.{name}", what, "rec/s", ours) with
            {
                Peers = [.. there.Select(peer => Peer.Of(ours.Value, peer))],
                Targets = kafka is not null && entries.TryGetValue(kafka, out Entry? target) ? [Target.AtLeast($"ratio to {kafka}", 6, ours.Value.RatioTo(target.Value))] : [],
            });
        }
    }
}
