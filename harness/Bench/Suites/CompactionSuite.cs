using System.Buffers.Binary;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Zurau.Engine;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Harness.Bench.Results;

namespace Zurau.Harness.Bench.Suites;

/// <summary>How fast a log is compacted, and how much memory that takes (P12).</summary>
internal static class CompactionSuite
{
    private const int ValueBytes = 200;
    private const int BatchRecords = 256;
    private const int UpdatesOfAKey = 10;
    private const string Topic = "compacted";

    internal static Suite Make() => new("compaction", "compaction of a dirty log (P12)", [new("P12: compaction", Compact) { Takes = new(4, static scale => scale.RecoveryBytes) }]);

    private static void Compact(BenchContext context)
    {
        long peakBytes = 0;
        double logBytes = 0;
        Entry entry = Contest.Run(context, new Contestant(
            "ours",
            $"{context.Scale.RecoveryBytes / 1e6:0} MB of batches of {BatchRecords} records, keys of 16 B written {UpdatesOfAKey} times each, values of {ValueBytes} B; from the first look at the log to the checkpoint, flushes included; source in the page cache",
            () =>
            {
                string directory = context.NewDirectory();
                logBytes = Fill(directory, context.Scale.RecoveryBytes);
                double seconds = Clean(directory, out long peak);
                peakBytes = Math.Max(peakBytes, peak);
                Directory.Delete(directory, recursive: true);
                return new Measurement(logBytes / seconds / 1e6);
            }))["ours"];
        context.Add(Row.Of("P12.compaction", "compaction, bytes of the dirty log", "MB/s", entry) with { Targets = [Target.AtLeast("MB/s", 300, entry.Value.Median)] });
        context.Add(Row.Of("P12.memory", "managed memory while it ran, at most", "MB", new Samples([peakBytes / 1e6]), $"of a log of {logBytes / 1e6:0} MB; the map of keys is 24 B a slot, at most log.cleaner.dedupe.buffer.size") with { Cost = entry.Cost });
    }

    private static double Fill(string directory, long bytes)
    {
        Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), LogCleanerEnable = false });
        broker.CreateTopic(new NewTopic(Topic, 1) { Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = $"{Math.Max(1 << 20, bytes / 8)}" } });
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
