using System.Diagnostics;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures creating, deleting, holding and opening many topics, many partitions and a
/// log of a terabyte.
/// </summary>
internal static class ScaleSuite
{
    private const int SegmentBytes = 1024 * 1024 * 1024;
    private const int MostPartitions = 16; // Of the synthetic log.
    private const int Deletions = 100;

    internal static Suite Make() => new("scale", "thousands of topics and partitions, and a log of a terabyte: creating, deleting, holding, opening",
    [
        new("topics are created", Creation) { ExpectedDuration = new(8, static scale => scale.Topics) },
        new("partitions are deleted", Deletion) { ExpectedDuration = new(0.5, static scale => scale.DeletedPartitions) },
        new("many partitions are open", Many) { ExpectedDuration = new(4, static scale => scale.ManyPartitions) { OnceSeconds = 10 } },
        new("a large log is opened", Large) { ExpectedDuration = new(2, static scale => scale.SyntheticBytes) { OnceSeconds = 3 } },
    ]);

    private static void Creation(BenchContext context)
    {
        int topics = context.Scale.Topics;
        int singles = Math.Max(1, topics / 10);
        double flushes = 0;
        double singleFlushes = 0;

        // Deleted at the end: for minutes after a deletion, ext4 does not reuse the
        // inodes and searches past them at each creation. A round after a deletion of
        // 12,000 files would be several times slower.
        var directories = new List<string>();
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            new("batch", $"{topics} topics of one partition in one request, durable at the response; ext4", () => Create(context, directories, engine =>
            {
                int before = engine.Storage.FileFlushes + engine.Storage.DirectoryFlushes;
                long began = Stopwatch.GetTimestamp();
                CreateAll(engine, topics);
                double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                flushes = engine.Storage.FileFlushes + engine.Storage.DirectoryFlushes - before;
                return elapsed;
            })),
            new("single", $"{singles} topics of one partition, one request per topic, each awaited; time per topic", () => Create(context, directories, engine =>
            {
                int before = engine.Storage.FileFlushes + engine.Storage.DirectoryFlushes;
                long began = Stopwatch.GetTimestamp();
                for (int i = 0; i < singles; i++)
                {
                    EngineLog.Check(engine.Broker.CreateTopic(new NewTopic($"topic-{i}", 1)));
                }

                double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                singleFlushes = (double)(engine.Storage.FileFlushes + engine.Storage.DirectoryFlushes - before) / singles;
                return elapsed / singles;
            })));
        directories.ForEach(static directory => Directory.Delete(directory, recursive: true));
        Entry single = entries["single"];
        double flushMs = singleFlushes * context.Limit(LimitsSuite.FdatasyncUnwritten) / 1000;
        context.Add(Row.Of("scale.create.batch", $"create {topics} topics in one request", "ms", entries["batch"]) with { Targets = [Target.AtMost("ms", 3000, entries["batch"].Value.Median)] });
        context.Add(Row.Of("scale.create.batch.flushes", "flushes of that request", "calls", new Samples([flushes]), entries["batch"].Settings) with { Cost = entries["batch"].Cost });
        context.Add(Row.Of("scale.create.single", "create a topic, sequential requests", "ms", single) with
        {
            Limits = [new LimitShare($"{singleFlushes:0.0} × fdatasync of 4 KB (of the time)", flushMs, "ms", flushMs / single.Value.Median)],
        });
    }

    private static void Deletion(BenchContext context)
    {
        int partitions = context.Scale.DeletedPartitions;
        byte[] batch = EncodedBatches.Single(100).Batches[0];
        Entry entry = Contest.Run(context, new Contestant("ours", $"a topic of {partitions} partitions with a record in each; the files are deleted later", () => Create(context, engine =>
        {
            string topic = engine.NewTopic(context.Scale.SegmentBytes, partitions).Topic;
            AppendToEach(engine, topic, partitions, batch);
            long began = Stopwatch.GetTimestamp();
            EngineLog.Check(engine.Broker.DeleteTopicAsync(topic).AsTask().GetAwaiter().GetResult());
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        })))["ours"];
        context.Add(Row.Of("scale.delete", $"delete a topic of {partitions} partitions", "ms", entry) with { Targets = [Target.AtMost("ms", 2000, entry.Value.Median)] });
    }

    private static void Many(BenchContext context)
    {
        int partitions = context.Scale.ManyPartitions;
        string directory = context.NewDirectory();
        byte[] batch = EncodedBatches.Single(100).Batches[0];
        EngineLog engine = EngineLog.Open(directory);
        engine.Storage.SkipsFlushes = true;
        string topic = engine.NewTopic(SegmentBytes, partitions).Topic;
        AppendToEach(engine, topic, partitions, batch);
        engine.Close(skipsFlushes: true);
        var openMs = new List<double>();
        var heaps = new List<double>();
        Entry deletions = Contest.Run(context, new Contestant("ours", $"{partitions} partitions of one topic with a record in each, clean shutdown, opened in a warm process; {Deletions} × DeleteRecords in a partition, p50", () =>
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            long began = Stopwatch.GetTimestamp();
            EngineLog opened = EngineLog.Open(directory);
            openMs.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);

            // A partition that was only opened uses less memory than one with an append.
            AppendToEach(opened, topic, partitions, batch);
            heaps.Add((double)(GC.GetTotalMemory(forceFullCollection: true) - before) / partitions);
            double median = MedianDeletion(opened, topic, batch);
            opened.Close(skipsFlushes: true);
            return new Measurement(median);
        }))["ours"];
        Add(context, Row.Of("scale.open", $"open {partitions} partitions after a clean shutdown", "ms", Timed(context, openMs), deletions), "ms", 2000);
        Add(context, Row.Of("scale.heap", "heap per partition with a record", "B", Timed(context, heaps), deletions), "B", 6 * 1024);
        Add(context, Row.Of("scale.delete-records", $"DeleteRecords with {partitions} partitions, p50", "ms", deletions), "ms", 1);
        Directory.Delete(directory, recursive: true);
    }

    private static void Large(BenchContext context)
    {
        long bytes = context.Scale.SyntheticBytes;
        int segmentBytes = (int)Math.Min(SegmentBytes, bytes / MostPartitions);
        int segments = (int)(bytes / segmentBytes / MostPartitions);
        string directory = context.NewDirectory();
        EngineLog engine = EngineLog.Open(directory);
        string topic = engine.NewTopic(segmentBytes, MostPartitions).Topic;
        byte[] batch = EncodedBatches.Single(100).Batches[0];
        AppendToEach(engine, topic, MostPartitions, batch);
        engine.Close(skipsFlushes: true);
        for (int i = 0; i < MostPartitions; i++)
        {
            SyntheticLog.Fill(directory, $"{topic}-{i}", batch, segments, segmentBytes);
        }

        long records = (long)segments * (segmentBytes / 100);
        var heaps = new List<double>();
        Entry entry = Contest.Run(context, new Contestant("ours", $"{bytes / 1e9:0} GB of log in {MostPartitions} partitions, {segments} segments of {segmentBytes / 1e6:0} MB in each, sparse; clean shutdown, opened in a warm process", () =>
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            long began = Stopwatch.GetTimestamp();
            EngineLog opened = EngineLog.Open(directory);
            double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            heaps.Add((GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6);
            EngineLog.Check(opened.Broker.ListOffsets(new TopicPartition(topic, MostPartitions - 1), out _, out long end));
            opened.Close(skipsFlushes: true);
            return end == records ? new Measurement(elapsed) : throw new InvalidOperationException($"The log ends at {end}, not at {records}.");
        }))["ours"];
        Add(context, Row.Of("scale.open.large", $"open {bytes / 1e9:0} GB of log after a clean shutdown", "ms", entry), "ms", 10_000);
        Add(context, Row.Of("scale.open.large.heap", "heap after opening", "MB", Timed(context, heaps), entry), "MB", 200);
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>
    /// Measures an engine in a new directory; adds the directory to a list for later
    /// deletion.
    /// </summary>
    private static Measurement Create(BenchContext context, List<string> directories, Func<EngineLog, double> measure)
    {
        string directory = context.NewDirectory();
        directories.Add(directory);
        EngineLog engine = EngineLog.Open(directory);
        double measured = measure(engine);
        engine.Close(skipsFlushes: true);
        return new Measurement(measured);
    }

    /// <summary>
    /// Measures an engine in a new directory, then deletes the directory.
    /// </summary>
    private static Measurement Create(BenchContext context, Func<EngineLog, double> measure)
    {
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        return new Measurement(measure(engine));
    }

    private static void CreateAll(EngineLog engine, int topics)
    {
        foreach (ErrorResult result in engine.Broker.CreateTopics([.. Enumerable.Range(0, topics).Select(static i => new NewTopic($"topic-{i}", 1))]))
        {
            EngineLog.Check(result);
        }
    }

    private static void AppendToEach(EngineLog engine, string topic, int partitions, byte[] batch)
    {
        for (int i = 0; i < partitions; i++)
        {
            new Appender(engine.Broker, new TopicPartition(topic, i), Acking.Leader).Finish(batch);
        }
    }

    private static double MedianDeletion(EngineLog engine, string topic, byte[] batch)
    {
        var partition = new TopicPartition(topic, 0);
        var appender = new Appender(engine.Broker, partition, Acking.Leader);
        double[] each = new double[Deletions];
        for (int i = 0; i <= Deletions; i++)
        {
            appender.Finish(batch);
            EngineLog.Check(engine.Broker.ListOffsets(partition, out _, out long end));
            long began = Stopwatch.GetTimestamp();
            EngineLog.Check(engine.Broker.DeleteRecords(partition, end));
            if (i > 0) // The first one creates the journal.
            {
                each[i - 1] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
        }

        return new Samples(each).Median;
    }

    private static Samples Timed(BenchContext context, List<double> rounds) => new(rounds.TakeLast(context.Scale.Runs));

    private static void Add(BenchContext context, Row row, string unit, double most) =>
        context.Add(row with { Targets = [Target.AtMost(unit, most, row.Median)] });
}
