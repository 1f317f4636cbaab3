using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the same load on an increasing number of partitions (P13), and with records
/// of all sizes.
/// </summary>
internal static class PartitionsSuite
{
    private const int BatchBytes = 16 * 1024;

    internal static Suite Make() => new("partitions", "the same load over 1 to 1,000 partitions (P13), records of 10 B to 1 MB",
    [
        new("P13: partitions", Partitions) { ExpectedDuration = new(2.5, static scale => scale.ClientBytes) },
        new("record sizes", Sizes) { ExpectedDuration = new(1.2, static scale => scale.ClientBytes) },
    ]);

    private static void Partitions(BenchContext context)
    {
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = context.Scale.ClientBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        int[] sizes = [1, 10, 100, context.Scale.Partitions];
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, [.. sizes.Distinct().Select(partitions => new Contestant($"{partitions}", $"{records} records of 100 B in batches of {batches.BatchBytes} B, acks=1, one thread, round-robin over {partitions} partition(s) with one batch each, page cache warmed", () =>
        {
            RawFile.WarmPageCache(context.NewDirectory(), context.Scale.ClientBytes * 2);
            return engine.OnNewTopic(
                context.Scale.SegmentBytes,
                first =>
                {
                    Appender[] appenders = [.. Enumerable.Range(0, partitions).Select(number => new Appender(engine.Broker, first with { Partition = number }, Acking.Leader))];
                    Array.ForEach(appenders, appender => appender.Append(batches.Batches[0]));
                    return Workers.Rate(1, records, _ => AppendInTurn(appenders, batches, count));
                },
                partitions);
        }))]);
        Entry one = entries["1"];
        foreach (int partitions in sizes.Distinct())
        {
            Entry entry = entries[$"{partitions}"];
            context.Add(Row.Of($"P13.partitions.{partitions}", $"append over {partitions} partition(s)", "rec/s", entry) with
            {
                Limits = [context.ShareOf(LimitsSuite.PageCacheWrite(1), entry.Value.Median * batches.BytesPerRecord / 1e9)],
                Plots = [new PlotPoint("The same load over more partitions", "append, acks=1", PlotPoint.Partitions, partitions)],
                Targets = partitions == context.Scale.Partitions ? [Target.AtLeast("share of one partition", 0.5, entry.Value.RatioTo(one.Value))] : [],
            });
        }
    }

    private static void AppendInTurn(Appender[] appenders, EncodedBatches batches, long count)
    {
        for (long i = 0; i < count; i++)
        {
            appenders[i % appenders.Length].Append(batches.Batches[(int)(i % batches.Batches.Count)]);
        }
    }

    private static void Sizes(BenchContext context)
    {
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        foreach (int bytes in (int[])[10, 100, 1_000, 10_000, 100_000, 1_000_000])
        {
            var batches = EncodedBatches.Make(bytes, 64 * 1024);
            long count = Math.Max(1, context.Scale.ClientBytes / batches.BatchBytes);
            long records = count * batches.RecordsPerBatch;
            Entry entry = Contest.Run(context, new Contestant("ours", $"{records} records of {bytes} B in batches of {batches.BatchBytes} B, acks=1, 1 thread, checksum verified", () =>
            {
                RawFile.WarmPageCache(context.NewDirectory(), context.Scale.ClientBytes);
                return engine.OnNewTopic(context.Scale.SegmentBytes, partition => Workers.Rate(1, records, _ => new Appender(engine.Broker, partition, Acking.Leader).AppendAll(batches.Batches, count)));
            }))["ours"];
            double gigabytes = entry.Value.Median * batches.BytesPerRecord / 1e9;
            context.Add(Row.Of($"append.size.{bytes}B", $"append of records of {bytes} B", "rec/s", entry) with
            {
                Limits = [context.ShareOf(LimitsSuite.PageCacheWrite(1), gigabytes)],
                Plots = [new PlotPoint("Appends by record size", "acks=1, 1 thread", PlotPoint.Bytes, bytes)],
                Curves = [new Curve("Appends by record size, GB/s", "acks=1, 1 thread", PlotPoint.Bytes, [new CurvePoint(bytes, gigabytes)])],
            });
        }
    }
}
