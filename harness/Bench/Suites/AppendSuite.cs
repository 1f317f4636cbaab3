using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures raw appends of encoded batches, sustained over several segments: P1, P2 and
/// the append part of P16.
/// </summary>
internal static class AppendSuite
{
    private const int BatchBytes = 64 * 1024;
    private const string Memory = "FasterLog (memory only)";
    private const string File = "FasterLog (file)";
    private const string Built = "built";
    private const string Durable = "durable sequential write";

    internal static Suite Make() => new("append", "raw appends: P1 (100 B), P2 (1 KB), batches of one record, allocations (P16)",
    [
        new("P1: 100 B, 1 thread", static context => Sustained(context, "P1", 100, 1)) { ExpectedDuration = new(3, static scale => scale.AppendBytes) },
        new("P1: 100 B, 2 threads", static context => Sustained(context, "P1", 100, 2)) { ExpectedDuration = new(3, static scale => scale.AppendBytes) },
        new("P2: 1 KB, 1 thread", static context => Sustained(context, "P2", 1024, 1)) { ExpectedDuration = new(2.3, static scale => scale.AppendBytes) },
        new("P2: 1 KB, 2 threads", static context => Sustained(context, "P2", 1024, 2)) { ExpectedDuration = new(2.3, static scale => scale.AppendBytes) },
        new("batches of one record", OneRecord) { ExpectedDuration = new(1, static scale => scale.SmallBatches) },
        new("P16: allocations", Allocations) { ExpectedDuration = new(0.3, static scale => scale.SmallBatches) },
    ]);

    private static void Sustained(BenchContext context, string target, int valueBytes, int threads)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Make(valueBytes, BatchBytes);
        long perThread = scale.AppendBytes / batches.BatchBytes / threads;
        long records = perThread * batches.RecordsPerBatch * threads;
        string totals = $"{threads} thread(s), batches of {batches.BatchBytes} B with {batches.RecordsPerBatch} records, {records * batches.BytesPerRecord / 1e6:0} MB over segments of {scale.SegmentBytes / 1e6:0} MB, one partition, page cache warmed";
        using EngineLog engine = EngineLog.Open(context.NewDirectory());

        Contestant Ours(Acking mode, string settings) => new(mode.ToString(), settings, () =>
        {
            RawFile.WarmPageCache(context.NewDirectory(), scale.AppendBytes + scale.SegmentBytes);
            return engine.OnNewTopic(scale.SegmentBytes, partition => Workers.Rate(threads, records, _ => new Appender(engine.Broker, partition, mode).AppendAll(batches.Batches, perThread)));
        });
        var contestants = new List<Contestant>
        {
            Ours(Acking.Leader, $"acks=1, {totals}"),
            Ours(Acking.AllEach5Ms, $"acks=1, and acks=all for one batch every 5 ms without waiting; durable at the end; {totals}"),
            new(Durable, "pwrite of 1 MiB to a preallocated file; a second thread calls fdatasync every 5 ms; the same bytes", () =>
            {
                RawFile.WarmPageCache(context.NewDirectory(), scale.AppendBytes);
                using var file = new RawFile(context.NewDirectory(), scale.AppendBytes);
                return new Measurement(file.DurableWriteRate(scale.AppendBytes, 1024 * 1024) / batches.BytesPerRecord);
            }),
        };
        if (context.Peers.WithLibraries)
        {
            contestants.AddRange(Faster(context, batches, threads, records / threads));
        }

        if (target == "P1")
        {
            contestants.Add(Ours(Acking.AllEach, $"acks=all for every batch, at most {Appender.Window} without a response; {totals}"));
            contestants.Add(new(Built, $"each batch is encoded from records before its append, acks=1, {totals}", () =>
            {
                RawFile.WarmPageCache(context.NewDirectory(), scale.AppendBytes + scale.SegmentBytes);
                return engine.OnNewTopic(scale.SegmentBytes, partition => Workers.Rate(threads, records, _ => BuildAndAppend(new Appender(engine.Broker, partition, Acking.Leader), batches.Value, perThread)));
            }));
        }

        AddRows(context, Contest.Run(context, contestants), target, valueBytes, threads, batches.BytesPerRecord);
    }

    private static IEnumerable<Contestant> Faster(BenchContext context, EncodedBatches batches, int threads, long perThread)
    {
        Scale scale = context.Scale;
        yield return new(Memory, FasterLogPeer.Settings("NullDevice", scale), () =>
        {
            using var peer = FasterLogPeer.InMemory(scale.PeerMemoryBytes);
            peer.Warm(batches.Value);
            return Workers.Rate(threads, perThread * threads, _ => peer.Enqueue(batches.Value, perThread));
        })
        { IsPeer = true };
        yield return new(File, FasterLogPeer.Settings("local file opened with O_SYNC, commit every 5 ms and at the end", scale), () =>
        {
            using var peer = FasterLogPeer.OnFile(context.NewDirectory(), scale.PeerMemoryBytes);
            peer.Warm(batches.Value);
            return peer.EnqueueDurably(threads, batches.Value, perThread);
        })
        { IsPeer = true };
    }

    private static void AddRows(BenchContext context, IReadOnlyDictionary<string, Entry> entries, string target, int valueBytes, int threads, double bytesPerRecord)
    {
        string suffix = $"{(valueBytes < 1024 ? $"{valueBytes}B" : $"{valueBytes / 1024}KB")}.t{threads}";
        Entry durable = entries[Durable];
        double GigabytesOf(Entry entry) => entry.Value.Median * bytesPerRecord / 1e9;
        PlotPoint ByThreads(string how) => new("Appends by threads", $"{valueBytes} B, {how}", PlotPoint.Threads, threads);
        LimitShare[] MemoryLimits(Entry entry) => [context.ShareOf(LimitsSuite.MemoryCopy(threads), GigabytesOf(entry)), context.ShareOf(LimitsSuite.PageCacheWrite(threads), GigabytesOf(entry))];

        Entry leader = entries[nameof(Acking.Leader)];
        context.Add(Row.Of($"{target}.acks1.{suffix}", $"append, acks=1, {threads} thread(s)", "rec/s", leader) with
        {
            Limits = MemoryLimits(leader),
            Plots = [ByThreads("acks=1")],
            Peers = entries.Peers(leader.Value, Memory, File),
            Targets = target == "P1"
                ? [Target.AtLeast("records per second", 25e6, leader.Value.Median), .. entries.RatioAtLeast(leader.Value, Memory, 1.2)]
                : [Target.AtLeast("records per second", 3.5e6, leader.Value.Median), .. entries.RatioAtLeast(leader.Value, File, 2)],
        });
        foreach ((Acking mode, string name, string what) in ((Acking, string, string)[])[(Acking.AllEach5Ms, "acksall", "acks=all every 5 ms"), (Acking.AllEach, "acksall-each", "acks=all for every batch")])
        {
            if (!entries.TryGetValue(mode.ToString(), out Entry? all))
            {
                continue;
            }

            double share = all.Value.RatioTo(durable.Value);
            context.Add(Row.Of($"{target}.{name}.{suffix}", $"append, {what}, {threads} thread(s)", "rec/s", all) with
            {
                Limits = [new LimitShare($"{Durable} of the same bytes, alternating", durable.Value.Median, "rec/s", share)],
                Plots = [ByThreads(what)],
                Peers = entries.Peers(all.Value, File),
                Targets = [Target.AtLeast($"{(mode == Acking.AllEach ? "P5, pipelined: " : "")}share of {Durable}", 0.8, share), .. entries.RatioAtLeast(all.Value, File, target == "P1" ? 1.2 : 2)],
            });
        }

        if (entries.TryGetValue(Built, out Entry? built))
        {
            context.Add(Row.Of($"{target}.built.{suffix}", $"encode and append, acks=1, {threads} thread(s)", "rec/s", built) with
            {
                Limits = MemoryLimits(built),
                Peers = entries.Peers(built.Value, Memory, File),
            });
        }
    }

    private static void BuildAndAppend(Appender appender, byte[] value, long count)
    {
        var builder = new RecordBatchBuilder(new byte[BatchBytes]);
        for (long i = 0; i < count; i++)
        {
            EncodedBatches.Fill(builder, value);
            if (i == count - 1)
            {
                appender.Finish(builder.Build());
            }
            else
            {
                appender.Append(builder.Build());
            }
        }
    }

    private static void OneRecord(BenchContext context)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Single(100);
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        foreach (int threads in (int[])[1, 2])
        {
            long perThread = scale.SmallBatches / threads;
            var contestants = new List<Contestant>
            {
                new("ours", $"acks=1, {threads} thread(s), batches of one record of 100 B ({batches.BatchBytes} B), {scale.SmallBatches} batches over segments of {scale.SegmentBytes / 1e6:0} MB, page cache warmed", () =>
                {
                    RawFile.WarmPageCache(context.NewDirectory(), ((long)scale.SmallBatches * batches.BatchBytes) + scale.SegmentBytes);
                    return engine.OnNewTopic(scale.SegmentBytes, partition => Workers.Rate(threads, perThread * threads, _ => new Appender(engine.Broker, partition, Acking.Leader).AppendAll(batches.Batches, perThread)));
                }),
            };
            if (context.Peers.WithLibraries)
            {
                contestants.Add(Faster(context, batches, threads, perThread).First());
            }

            IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, contestants);
            Entry ours = entries["ours"];
            context.Add(Row.Of($"P1.one-record.acks1.100B.t{threads}", $"append of batches of one record, acks=1, {threads} thread(s)", "rec/s", ours) with
            {
                Limits = [context.ShareOf(LimitsSuite.MemoryCopy(threads), ours.Value.Median * batches.BatchBytes / 1e9)],
                Plots = [new PlotPoint("Appends by threads", "batches of one record, acks=1", PlotPoint.Threads, threads)],
                Peers = entries.Peers(ours.Value, Memory),
            });
        }
    }

    private static void Allocations(BenchContext context)
    {
        Scale scale = context.Scale;
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        foreach ((string id, string what, EncodedBatches batches) in ((string, string, EncodedBatches)[])
        [
            ("P16.append.64KB", "allocated by the appending thread, batches of 64 KB", EncodedBatches.Make(100, BatchBytes)),
            ("P16.append.one-record", "allocated by the appending thread, batches of one record", EncodedBatches.Single(100)),
        ])
        {
            // One segment: the allocations of a roll are included in P1.
            long count = Math.Min(scale.SmallBatches, scale.SegmentBytes / 2 / batches.BatchBytes);
            Entry entry = Contest.Run(context, new Contestant("ours", $"GC.GetAllocatedBytesForCurrentThread, acks=1, 1 thread, {count} batches in one segment", () =>
                engine.OnNewTopic(scale.SegmentBytes, partition => new Measurement(AllocatedPerRecord(engine, partition, batches, count)))))["ours"];
            context.Add(Row.Of(id, what, "B/record", entry) with { Targets = [Target.AtMost("bytes per record", 0.01, entry.Value.Median)] });
        }
    }

    private static double AllocatedPerRecord(EngineLog engine, TopicPartition partition, EncodedBatches batches, long count)
    {
        long allocated = 0;
        Workers.Seconds(1, _ =>
        {
            var appender = new Appender(engine.Broker, partition, Acking.Leader);
            appender.Append(batches.Batches[0]);
            allocated = GC.GetAllocatedBytesForCurrentThread();
            for (long i = 0; i < count; i++)
            {
                appender.Append(batches.Batches[(int)(i % batches.Batches.Count)]);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        });
        return (double)allocated / (count * batches.RecordsPerBatch);
    }
}
