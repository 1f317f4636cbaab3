using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>Raw fetches by lease, every record parsed in the mapped bytes: P6 and the fetch side of P16.</summary>
internal static class FetchSuite
{
    private const int BatchBytes = 64 * 1024;
    private const string InPlace = "FasterLog (scan from file, in place)";
    private const string Copying = "FasterLog (scan from file, copying)";

    internal static Suite Make() => new("fetch", "raw fetches by lease, checksum verified or not (P6), allocations (P16)", [new("P6: 100 B", Run)]);

    private static void Run(BenchContext context)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = scale.FetchBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        string directory = context.NewDirectory();
        string peerDirectory = context.NewDirectory();
        TopicPartition partition = FillOurs(directory, scale, batches, count);
        FillPeer(peerDirectory, scale, batches.Value, records);
        using EngineLog engine = EngineLog.Open(directory);
        using var peer = FasterLogPeer.OnFile(peerDirectory, scale.PeerMemoryBytes);
        string settings = $"fetches of 1 MiB, batches of {batches.BatchBytes} B, {records * batches.BytesPerRecord / 1e6:0} MB in the page cache, opened anew";
        var firstPass = new Samples([Scan(engine, partition, 1, records, checksCrc: true).Value]);
        context.Add(Row.Of("P6.first-pass.crc.100B.t1", "fetch and parse, checksum verified, first pass over the mapping after open", "rec/s", firstPass, settings));
        foreach (int threads in (int[])[1, 2])
        {
            IReadOnlyDictionary<string, Entry> entries = Contest.Run(
                context,
                new("crc", $"{threads} thread(s), each the whole log; {settings}", () => Scan(engine, partition, threads, records, checksCrc: true)),
                new("raw", $"{threads} thread(s), each the whole log; {settings}", () => Scan(engine, partition, threads, records, checksCrc: false)),
                new(InPlace, PeerSettings(scale, threads), () => ScanPeer(peer, threads, records, isCopying: false)),
                new(Copying, PeerSettings(scale, threads), () => ScanPeer(peer, threads, records, isCopying: true)));
            foreach ((string name, string what, string limit, double wanted) in ((string, string, string, double)[])
            [
                ("crc", "checksum verified", LimitsSuite.Crc(threads), 50e6),
                ("raw", "checksum not verified", LimitsSuite.MemoryRead(threads), 80e6),
            ])
            {
                Entry ours = entries[name];
                double ratio = ours.Value.RatioTo(entries[InPlace].Value);
                context.Add(Row.Of($"P6.{name}.100B.t{threads}", $"fetch and parse, {what}, {threads} thread(s)", "rec/s", ours) with
                {
                    Limits = [context.ShareOf(limit, ours.Value.Median * batches.BytesPerRecord / 1e9)],
                    Peers = [Peer.Of(ours.Value, entries[InPlace]), Peer.Of(ours.Value, entries[Copying])],
                    Targets = [Target.AtLeast("records a second", wanted, ours.Value.Median), Target.AtLeast($"ratio to {InPlace}", 3, ratio)],
                });
            }

            if (threads == 1)
            {
                Samples allocated = entries["raw"].Allocated!;
                context.Add(Row.Of("P16.fetch.1MB", "allocated by fetches of 1 MiB", "B/record", allocated, "GC.GetTotalAllocatedBytes over the runs of P6.raw.100B.t1") with
                {
                    Targets = [Target.AtMost("bytes a record", 0.1, allocated.Median)],
                });
            }
        }
    }

    private static Measurement Scan(EngineLog engine, TopicPartition partition, int threads, long records, bool checksCrc) =>
        Workers.Rate(threads, threads * records, _ => Check(records, LogScan.Run(engine.Broker, partition, checksCrc)));

    private static Measurement ScanPeer(FasterLogPeer peer, int threads, long records, bool isCopying) =>
        Workers.Rate(threads, threads * records, _ => Check(records, peer.Scan(isCopying)));

    private static string PeerSettings(Scale scale, int threads) =>
        $"Microsoft.FASTER.Core 2.6.5, the same records from a local file, opened anew, {threads} thread(s), each the whole log, memory {scale.PeerMemoryBytes / 1024 / 1024} MiB, no checksum";

    private static TopicPartition FillOurs(string directory, Scale scale, EncodedBatches batches, long count)
    {
        EngineLog engine = EngineLog.Open(directory);
        TopicPartition partition = engine.NewTopic(scale.SegmentBytes);
        new Appender(engine.Broker, partition, Acking.Leader).AppendAll(batches.Batches, count);
        engine.Close();
        return partition;
    }

    private static void FillPeer(string directory, Scale scale, byte[] value, long records)
    {
        var peer = FasterLogPeer.OnFile(directory, scale.PeerMemoryBytes);
        peer.Enqueue(value, records);
        peer.Log.Commit(spinWait: true);
        peer.Close();
    }

    private static void Check(long expected, long read)
    {
        if (expected != read)
        {
            throw new InvalidOperationException($"{read} records were read where {expected} were written.");
        }
    }
}
