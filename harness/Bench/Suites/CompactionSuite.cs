using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Zurau.Engine;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Harness.Bench.Peers;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Suites;

/// <summary>Measures the speed and the memory of compaction (P12).</summary>
internal static class CompactionSuite
{
    private const int ValueBytes = 200;
    private const int BatchRecords = 256;
    private const int UpdatesOfAKey = 10;
    private const string Topic = "compacted";

    internal static Suite Make() => new("compaction", "compaction of a dirty log (P12)", [new("P12: compaction", Compact) { ExpectedDuration = new(4, static scale => scale.RecoveryBytes) }]);

    private static void Compact(BenchContext context)
    {
        long bytes = context.Scale.RecoveryBytes;
        long peakBytes = 0;
        double logBytes = 0;
        string log = $"{bytes / 1e6:0} MB in batches of {BatchRecords} records, {UpdatesOfAKey} records per key of 16 B, values of {ValueBytes} B, segments of {SegmentBytes(bytes) / 1e6:0} MB, in the page cache";
        var contestants = new List<Contestant>
        {
            new("ours", $"{log}; from the first read of the log to the checkpoint, including flushes", () =>
            {
                string directory = context.NewDirectory();
                logBytes = Fill(directory, bytes);
                double seconds = Clean(directory, out long peak);
                peakBytes = Math.Max(peakBytes, peak);
                Directory.Delete(directory, recursive: true);
                return new Measurement(logBytes / seconds / 1e6);
            }),
        };
        using KafkaCleanerPeer? kafka = context.Peers.WithServers
            ? context.StartPeer(KafkaPeer.IsInstalled, KafkaCleanerPeer.Name, KafkaPeer.Remedy, () => StartKafka(context, bytes))
            : null;
        if (kafka is not null)
        {
            contestants.Add(new(KafkaCleanerPeer.Name, $"{KafkaPeer.Settings}, one cleaner thread, no throttle, {log}; by its log, from building the map to the swap, the same process in all rounds", kafka.Clean) { IsPeer = true });
        }

        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
        Entry ours = entries["ours"];
        context.Add(Row.Of("P12.compaction", "compaction, bytes of the dirty log", "MB/s", ours) with
        {
            Peers = [.. entries.Values.Where(entry => entry != ours).Select(entry => Peer.Of(ours.Value, entry))],
            Targets = [Target.AtLeast("MB/s", 300, ours.Value.Median)],
        });
        context.Add(Row.Of("P12.memory", "maximum of managed memory", "MB", new Samples([peakBytes / 1e6]), $"of a log of {logBytes / 1e6:0} MB; the map of keys grows to 16 B per slot, up to log.cleaner.dedupe.buffer.size, which Kafka allocates at startup") with { Cost = ours.Cost });
    }

    private static KafkaCleanerPeer StartKafka(BenchContext context, long bytes)
    {
        string directory = context.NewDirectory();
        Fill(directory, bytes);
        var kafka = KafkaCleanerPeer.Start(context.NewDirectory(), Path.Combine(directory, $"{Topic}-0"), SegmentBytes(bytes), context.Scale.Rounds);
        Directory.Delete(directory, recursive: true);
        return kafka;
    }

    private static long SegmentBytes(long bytes) => Math.Max(1 << 20, bytes / 8);

    private static double Fill(string directory, long bytes)
    {
        Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), LogCleanerEnable = false });
        broker.CreateTopic(new NewTopic(Topic, 1) { Configs = new Dictionary<string, string> { [TopicConfigs.CleanupPolicy] = "compact", [TopicConfigs.SegmentBytes] = $"{SegmentBytes(bytes)}" } });
        long records = bytes / (ValueBytes + 24);
        long keys = Math.Max(1, records / UpdatesOfAKey);
        var builder = new RecordBatchBuilder(new byte[BatchRecords * (ValueBytes + 64)]);
        byte[] value = new byte[ValueBytes];
        Span<byte> key = stackalloc byte[16];
        long written = 0;
        for (long record = 0; record < records;)
        {
            builder.Reset();
            for (int i = 0; i < BatchRecords; i++, record++)
            {
                BinaryPrimitives.WriteInt64BigEndian(key, record * 7919 % keys);
                builder.Append(1, key, isKeyNull: false, value, isValueNull: false);
            }

            ReadOnlyMemory<byte> batch = builder.Build().Bytes;
            written += batch.Length;
            _ = broker.AppendAsync(new TopicPartition(Topic, 0), batch, Acks.Leader).AsTask().GetAwaiter().GetResult();
        }

        broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return written;
    }

    private static double Clean(string directory, out long peakBytes)
    {
        using var done = new ManualResetEventSlim();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "zurau.cleaner.bytes_written")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => done.Set());
        listener.Start();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        peakBytes = 0;
        Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), LogCleanerBackoffMs = 0 });
        long began = Stopwatch.GetTimestamp();
        while (!done.Wait(5))
        {
            peakBytes = Math.Max(peakBytes, GC.GetTotalMemory(forceFullCollection: false) - before);
        }

        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return seconds;
    }
}
