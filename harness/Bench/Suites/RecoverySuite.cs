using System.Diagnostics;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the time until records can be appended: after a kill (P11), with many
/// partitions (P11), in an empty directory (P14).
/// </summary>
internal static class RecoverySuite
{
    internal static Suite Make() => new("recovery", "startup after a kill, with many partitions (P11), first record in an empty directory (P14)",
    [
        new("P11: after a kill", AfterKill) { ExpectedDuration = new(0.5, static scale => scale.RecoveryBytes) { OnceSeconds = 1.5 } },
        new("P11: clean startup", CleanStart) { ExpectedDuration = new(0.5) { OnceSeconds = 2 } },
        new("P14: first record", FirstRecords) { ExpectedDuration = new(0.7) },
    ]);

    private static void AfterKill(BenchContext context)
    {
        string directory = context.NewDirectory();
        double bytes = ChildProcess.Run(ChildTask.Fill, directory, context.Scale.RecoveryBytes).Value;
        Entry entry = Contest.Run(context, new Contestant(
            "ours",
            $"{bytes / 1e6:0} MB of batches of 64 KB with 100 B records, acks=1, nothing flushed, writer killed by SIGKILL; each run is a separate process that opens the directory and is killed; files in the page cache",
            () =>
            {
                Measurement opened = ChildProcess.Run(ChildTask.Open, directory, 0);
                return opened with { Value = bytes / opened.Value / 1e6 };
            }))["ours"];
        context.Add(Row.Of("P11.after-kill", "open after a kill, unflushed log", "GB/s", entry) with
        {
            Limits = [context.ShareOf(LimitsSuite.Crc(1), entry.Value.Median), context.ShareOf(LimitsSuite.MemoryRead(1), entry.Value.Median)],
            Targets = [Target.AtLeast("GB/s", 2, entry.Value.Median)],
        });
        Directory.Delete(directory, recursive: true);
    }

    private static void CleanStart(BenchContext context)
    {
        int partitions = context.Scale.Partitions;
        string directory = context.NewDirectory();
        EngineLog engine = EngineLog.Open(directory);
        string topic = engine.NewTopic(context.Scale.SegmentBytes, partitions).Topic;
        byte[] batch = EncodedBatches.Single(100).Batches[0];
        for (int i = 0; i < partitions; i++)
        {
            new Appender(engine.Broker, new TopicPartition(topic, i), Acking.Leader).Finish(batch);
        }

        engine.Close();
        Entry entry = Contest.Run(context, new Contestant("ours", $"{partitions} partitions of one topic, one batch in each, clean shutdown, opened in a warm process", () =>
        {
            long began = Stopwatch.GetTimestamp();
            EngineLog opened = EngineLog.Open(directory);
            double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            opened.Storage.SkipsFlushes = true;
            opened.Close();
            return new Measurement(elapsed);
        }))["ours"];
        context.Add(Row.Of("P11.clean-start", $"open after a clean shutdown, {partitions} partitions", "ms", entry) with { Targets = [Target.AtMost("ms", 1000, entry.Value.Median)] });
        Directory.Delete(directory, recursive: true);
    }

    private static void FirstRecords(BenchContext context)
    {
        const string Work = "open an empty directory, create a topic of one partition, append one record, acks=1";
        FirstRecord last = default;
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            new("warm", $"{Work}; in a warm process", () =>
            {
                last = ChildTask.GetFirstRecordThrough(context.NewDirectory());
                return new Measurement(last.Milliseconds);
            }),
            new("cold", $"{Work}; in a separate process, from the first statement of the work, without the startup of the runtime", () => ChildProcess.Run(ChildTask.FirstRecord, context.NewDirectory(), 0)),
            new("no-pgo", $"{Work}; the same with DOTNET_TieredPGO=0", () => ChildProcess.Run(ChildTask.FirstRecord, context.NewDirectory(), 0, ("DOTNET_TieredPGO", "0"))),
            new("process", $"{Work}; a whole process, including a clean shutdown without flushes", () =>
            {
                long began = Stopwatch.GetTimestamp();
                Measurement child = ChildProcess.Run(ChildTask.FirstRecord, context.NewDirectory(), 0);
                return child with { Value = Stopwatch.GetElapsedTime(began).TotalMilliseconds };
            }));
        int flushes = last.FileFlushes + last.DirectoryFlushes;
        double flushMs = flushes * context.Limit(LimitsSuite.FdatasyncUnwritten) / 1000;
        Samples warm = entries["warm"].Value;
        context.Add(Row.Of("P14.warm", "first record in an empty directory, warm", "ms", entries["warm"]) with
        {
            Limits = [new LimitShare($"{flushes} × fdatasync of 4 KB (of the time)", flushMs, "ms", flushMs / warm.Median)],
            Targets = [Target.AtMost("ms", 5, warm.Median)],
        });
        context.Add(Row.Of("P14.cold", "first record in an empty directory, cold process", "ms", entries["cold"]) with { Targets = [Target.AtMost("ms", 50, entries["cold"].Value.Median)] });
        context.Add(Row.Of("P14.cold.no-pgo", "the same without the counters of dynamic PGO", "ms", entries["no-pgo"]));
        context.Add(Row.Of("P14.process", "the whole process of a first record", "ms", entries["process"]));
        context.Add(Row.Of("P14.fsyncs", "flushes until the first record is acknowledged", "calls", new Samples([flushes]), $"{last.FileFlushes} of files, {last.DirectoryFlushes} of directories, in order: {string.Join(", ", last.Flushed)}") with { Cost = entries["warm"].Cost });
    }
}
