using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures raw fetches by lease, with every record parsed in the mapped bytes: P6 and
/// the fetch part of P16.
/// </summary>
internal static class FetchSuite
{
    private const int BatchBytes = 64 * 1024;
    private const string InPlace = "FasterLog (scan from file, in place)";
    private const string ColdRead = "the same files read from the disk, alternating";
    private const string Copying = "FasterLog (scan from file, copying)";

    internal static Suite Make() => new("fetch", "raw fetches by lease, checksum verified or not, from the page cache and from the disk (P6), allocations (P16)",
    [
        new("P6: 100 B", Run) { ExpectedDuration = new(1.3, static scale => scale.FetchBytes) { OnceSeconds = 1.5 } },
        new("P6: cold", Cold) { ExpectedDuration = new(0.5, static scale => scale.FetchBytes) { OnceSeconds = 0.5 } },
    ]);

    private static void Run(BenchContext context)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = scale.FetchBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        string directory = context.NewDirectory();
        TopicPartition partition = FillOurs(directory, scale, batches, count);
        using EngineLog engine = EngineLog.Open(directory);
        using FasterLogPeer? peer = context.Peers.WithLibraries ? FilledPeer(context.NewDirectory(), scale, batches.Value, records) : null;
        string settings = $"fetches of 1 MiB, batches of {batches.BatchBytes} B, {records * batches.BytesPerRecord / 1e6:0} MB in the page cache, reopened";
        Measurement firstPass = Scan(engine, partition, 1, records, checksCrc: true);
        context.Add(Row.Of("P6.first-pass.crc.100B.t1", "fetch and parse, checksum verified, first pass over the mapping after open", "rec/s", new Samples([firstPass.Value]), settings) with { Cost = firstPass.Cost });
        foreach (int threads in (int[])[1, 2])
        {
            var contestants = new List<Contestant>
            {
                new("crc", $"{threads} thread(s), each the whole log; {settings}", () => Scan(engine, partition, threads, records, checksCrc: true)),
                new("raw", $"{threads} thread(s), each the whole log; {settings}", () => Scan(engine, partition, threads, records, checksCrc: false)),
            };
            if (peer is not null)
            {
                contestants.Add(new(InPlace, PeerSettings(scale, threads), () => ScanPeer(peer, threads, records, isCopying: false)) { IsPeer = true });
                contestants.Add(new(Copying, PeerSettings(scale, threads), () => ScanPeer(peer, threads, records, isCopying: true)) { IsPeer = true });
            }

            IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
            foreach ((string name, string what, string limit, double wanted) in ((string, string, string, double)[])
            [
                ("crc", "checksum verified", LimitsSuite.Crc(threads), 50e6),
                ("raw", "checksum not verified", LimitsSuite.MemoryRead(threads), 80e6),
            ])
            {
                Entry ours = entries[name];
                context.Add(Row.Of($"P6.{name}.100B.t{threads}", $"fetch and parse, {what}, {threads} thread(s)", "rec/s", ours) with
                {
                    Limits = [context.ShareOf(limit, ours.Value.Median * batches.BytesPerRecord / 1e9)],
                    Plots = [new PlotPoint("Fetches by threads", what, PlotPoint.Threads, threads)],
                    Peers = entries.Peers(ours.Value, InPlace, Copying),
                    Targets = [Target.AtLeast("records per second", wanted, ours.Value.Median), .. entries.RatioAtLeast(ours.Value, InPlace, 3)],
                });
            }

            if (threads == 1)
            {
                Samples allocated = entries["raw"].Allocated!;
                context.Add(Row.Of("P16.fetch.1MB", "allocated by fetches of 1 MiB", "B/record", allocated, entries["raw"]) with
                {
                    Targets = [Target.AtMost("bytes per record", 0.1, allocated.Median)],
                });
            }
        }
    }

    private static Measurement Scan(EngineLog engine, TopicPartition partition, int threads, long records, bool checksCrc) =>
        Workers.Rate(threads, threads * records, _ => Check(records, LogScan.Run(engine.Broker, partition, checksCrc)));

    private static Measurement ScanPeer(FasterLogPeer peer, int threads, long records, bool isCopying) =>
        Workers.Rate(threads, threads * records, _ => Check(records, peer.Scan(isCopying)));

    private static string PeerSettings(Scale scale, int threads) =>
        $"Microsoft.FASTER.Core 2.6.5, the same records from a local file, reopened, {threads} thread(s), each the whole log, memory {scale.PeerMemoryBytes / 1024 / 1024} MiB, no checksum";

    private static TopicPartition FillOurs(string directory, Scale scale, EncodedBatches batches, long count)
    {
        EngineLog engine = EngineLog.Open(directory);
        TopicPartition partition = engine.NewTopic(scale.SegmentBytes);
        new Appender(engine.Broker, partition, Acking.Leader).AppendAll(batches.Batches, count);
        engine.Close();
        return partition;
    }

    private static FasterLogPeer FilledPeer(string directory, Scale scale, byte[] value, long records)
    {
        var peer = FasterLogPeer.OnFile(directory, scale.PeerMemoryBytes);
        peer.Enqueue(value, records);
        peer.Log.Commit(spinWait: true);
        peer.Close();
        return FasterLogPeer.OnFile(directory, scale.PeerMemoryBytes);
    }

    // The log is closed and opened around every round, because mapped pages stay in the
    // page cache.
    private static void Cold(BenchContext context)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = scale.FetchBytes / 2 / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        string directory = context.NewDirectory();
        TopicPartition partition = FillOurs(directory, scale, batches, count);
        string settings = $"1 thread, {records * batches.BytesPerRecord / 1e6:0} MB, flushed and dropped from the page cache by posix_fadvise(DONTNEED) before each round";
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            new("ours", $"fetches of 1 MiB, batches of {batches.BatchBytes} B, checksum verified, reopened; {settings}", () =>
            {
                ColdFiles.Drop(directory);
                EngineLog engine = EngineLog.Open(directory);
                Measurement rate = Scan(engine, partition, 1, records, checksCrc: true);
                engine.Close();
                return rate;
            }),
            new(ColdRead, $"sequential pread of 1 MiB over the same files; {settings}", () =>
            {
                ColdFiles.Drop(directory);
                return new Measurement(ColdFiles.ReadRate(directory, "*.log") / batches.BytesPerRecord);
            }));
        Entry ours = entries["ours"];
        Entry limit = entries[ColdRead];
        context.Add(Row.Of("P6.cold.crc.100B.t1", "fetch and parse from the disk, checksum verified, 1 thread(s)", "rec/s", ours) with
        {
            Limits = [new LimitShare(ColdRead, limit.Value.Median, "rec/s", ours.Value.RatioTo(limit.Value))],
        });
        Directory.Delete(directory, recursive: true);
    }

    private static void Check(long expected, long read)
    {
        if (expected != read)
        {
            throw new InvalidOperationException($"{read} records were read, but {expected} were written.");
        }
    }
}
