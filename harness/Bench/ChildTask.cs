using System.Diagnostics;
using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench;

/// <summary>
/// Executes the tasks that require a separate process: a kill by SIGKILL, and the first
/// record of a cold process.
/// </summary>
internal static class ChildTask
{
    internal const string Fill = "fill";
    internal const string Open = "open";
    internal const string FirstRecord = "first-record";

    internal static string[] Names { get; } = [Fill, Open, FirstRecord];

    /// <summary>
    /// Executes a task and prints its figures; some tasks kill their own process.
    /// </summary>
    internal static void Run(string task, string directory, long bytes)
    {
        switch (task)
        {
            case Fill:
                FillAndDie(directory, bytes);
                break;
            case Open:
                OpenAndDie(directory);
                break;
            default:
                Print(GetFirstRecordThrough(directory).Milliseconds);
                break;
        }
    }

    /// <summary>
    /// Opens an empty directory, creates a topic and appends the first record.
    /// </summary>
    internal static FirstRecord GetFirstRecordThrough(string directory)
    {
        long began = Stopwatch.GetTimestamp();
        var storage = new CountingStorage(new FileStorage(directory));
        Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        ErrorResult created = broker.CreateTopic(new NewTopic("first", 1));
        var builder = new RecordBatchBuilder(new byte[256]);
        builder.Append(0, default, isKeyNull: true, "first"u8, isValueNull: false);
        AppendResult result = broker.AppendAsync(new TopicPartition("first", 0), builder.Build(), Acks.Leader).AsTask().GetAwaiter().GetResult();
        var first = new FirstRecord(Stopwatch.GetElapsedTime(began).TotalMilliseconds, storage.FileFlushes, storage.DirectoryFlushes, [.. storage.Flushed]);
        if (!created.IsSuccess || result.Error != ErrorCode.None)
        {
            throw new InvalidOperationException($"{created.Error} {created.Message} {result.Error} {result.Message}");
        }

        storage.SkipsFlushes = true;
        broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return first;
    }

    private static void FillAndDie(string directory, long bytes)
    {
        EngineLog engine = EngineLog.Open(directory);
        var batches = EncodedBatches.Make(100, 64 * 1024);
        new Appender(engine.Broker, engine.NewTopic(1024 * 1024 * 1024), Acking.Leader).AppendAll(batches.Batches, bytes / batches.BatchBytes);
        Print(bytes / batches.BatchBytes * batches.BatchBytes);
        Process.GetCurrentProcess().Kill();
    }

    private static void OpenAndDie(string directory)
    {
        long began = Stopwatch.GetTimestamp();
        EngineLog.Open(directory);
        Print(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        Process.GetCurrentProcess().Kill();
    }

    /// <summary>
    /// Prints the value and the resource usage in few words, because output costs time in
    /// a cold process.
    /// </summary>
    private static void Print(double value)
    {
        Cost cost = CostMeter.SinceStart();
        double[] figures = [value, cost.Gen0, cost.Gen1, cost.Gen2, cost.AllocatedBytes, cost.CpuSeconds ?? 0, cost.PeakBytes ?? 0];
        Console.Out.WriteLine(string.Join(' ', figures.Select(static figure => figure.ToString("R", CultureInfo.InvariantCulture))));
        Console.Out.Flush();
    }
}
