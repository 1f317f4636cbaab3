using System.Diagnostics;
using System.Threading.Channels;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures a producer that is ten times faster than the handler, whose consumer passes
/// records to another thread: the records in memory with and without pausing the
/// partition. The other records are in the log.
/// </summary>
internal static class BackpressureSuite
{
    private const int PerSecond = 200_000;
    private const int HandledPerSecond = PerSecond / 10;
    private const int PauseAbove = 10_000;
    private const int ResumeBelow = 5_000;
    private const int Slices = 20;
    private const int ValueBytes = 1024;

    internal static Suite Make() => new("backpressure", "a producer ten times faster than its handler: memory and lag over time, with and without pause",
    [
        new("without pause", static context => Run(context, isPausing: false)) { ExpectedDuration = new(2.1, static scale => scale.OpenLoopSeconds) },
        new("with pause", static context => Run(context, isPausing: true)) { ExpectedDuration = new(2.1, static scale => scale.OpenLoopSeconds) },
    ]);

    private static void Run(BenchContext context, bool isPausing)
    {
        string name = isPausing ? "with pause" : "without pause";
        TimeSpan duration = context.Duration ?? TimeSpan.FromSeconds(context.Scale.OpenLoopSeconds * 2);
        string settings = $"{PerSecond} records of {ValueBytes} B per second for {duration.TotalSeconds:0.##} s, a handler thread that takes {1_000_000 / HandledPerSecond} µs per record; "
            + (isPausing ? $"Consumer.Pause above {PauseAbove} queued records, Resume below {ResumeBelow}" : "the consumer passes on all polled records");
        List<CurvePoint> heap = [];
        List<CurvePoint> lag = [];
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(context, new Contestant("ours", settings, () =>
        {
            heap.Clear();
            lag.Clear();
            string directory = context.NewDirectory();
            using var log = ClientLog.Open(directory);
            Measure(log, log.NewTopic(context.Scale.SegmentBytes), duration, isPausing, heap, lag);
            return new Measurement(heap.Max(static point => point.Y), lag[^1].Y);
        }));
        Entry entry = entries["ours"];
        string id = $"backpressure.{(isPausing ? "pause" : "no-pause")}";
        context.Add(Row.Of($"{id}.heap", $"maximum of managed memory, {name}", "MB", entry) with { Curves = [new Curve("Memory of a slow handler, MB", name, "seconds", [.. heap])] });
        context.Add(Row.Of($"{id}.lag", $"unhandled records at the end of sending, {name}", "records", entry.Tail!, entry) with { Curves = [new Curve("Lag of a slow handler, records", name, "seconds", [.. lag])] });
    }

    private static void Measure(ClientLog log, string topic, TimeSpan duration, bool isPausing, List<CurvePoint> heap, List<CurvePoint> lag)
    {
        long handled = 0;
        long sent = 0;
        long waiting = 0;
        using var over = new CancellationTokenSource();
        var queue = Channel.CreateUnbounded<ConsumerRecord<byte[]?, byte[]>>();
        long baseline = GC.GetTotalMemory(forceFullCollection: true);
        Workers.Seconds(4, number =>
        {
            switch (number)
            {
                case 0:
                    Send(log, topic, duration, ref sent);
                    over.Cancel();
                    break;
                case 1:
                    Poll(log, topic, isPausing, queue.Writer, ref waiting, over.Token);
                    break;
                case 2:
                    Handle(queue.Reader, ref handled, ref waiting, over.Token);
                    break;
                default:
                    Watch(duration, () => heap.Count, seconds =>
                    {
                        heap.Add(new CurvePoint(seconds, Math.Max(0, GC.GetTotalMemory(forceFullCollection: false) - baseline) / 1e6));
                        lag.Add(new CurvePoint(seconds, Volatile.Read(ref sent) - Volatile.Read(ref handled)));
                    });
                    break;
            }
        });
    }

    private static void Send(ClientLog log, string topic, TimeSpan duration, ref long sent)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, new ProducerOptions { Acks = Acks.Leader });
        byte[] value = new byte[ValueBytes];
        long began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) is TimeSpan elapsed && elapsed < duration)
        {
            long due = (long)(elapsed.TotalSeconds * PerSecond);
            while (sent < due)
            {
                producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, value));
                Volatile.Write(ref sent, sent + 1);
            }

            Thread.Sleep(1);
        }

        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Poll(ClientLog log, string topic, bool isPausing, ChannelWriter<ConsumerRecord<byte[]?, byte[]>> queue, ref long waiting, CancellationToken over)
    {
        var partition = new TopicPartition(topic, 0);
        var consumer = new Consumer<byte[]?, byte[]>(log.Transport, new ConsumerOptions { AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Assign(partition);
        bool isPaused = false;
        while (!over.IsCancellationRequested)
        {
            long now = Volatile.Read(ref waiting);
            if (isPausing && now > PauseAbove && !isPaused)
            {
                consumer.Pause(partition);
                isPaused = true;
            }
            else if (isPaused && now < ResumeBelow)
            {
                consumer.Resume(partition);
                isPaused = false;
            }

            foreach (ConsumerRecord<byte[]?, byte[]> record in consumer.Poll(TimeSpan.FromMilliseconds(10)))
            {
                Interlocked.Increment(ref waiting);
                queue.TryWrite(record);
            }
        }

        queue.Complete();
        consumer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Handle(ChannelReader<ConsumerRecord<byte[]?, byte[]>> queue, ref long handled, ref long waiting, CancellationToken over)
    {
        long ticksEach = Stopwatch.Frequency / HandledPerSecond;
        while (!over.IsCancellationRequested)
        {
            if (!queue.TryRead(out _))
            {
                Thread.Sleep(1);
                continue;
            }

            long end = Stopwatch.GetTimestamp() + ticksEach;
            while (Stopwatch.GetTimestamp() < end)
            {
                Thread.SpinWait(8);
            }

            Interlocked.Decrement(ref waiting);
            Volatile.Write(ref handled, handled + 1);
        }
    }

    private static void Watch(TimeSpan duration, Func<int> taken, Action<double> take)
    {
        long began = Stopwatch.GetTimestamp();
        while (taken() < Slices)
        {
            TimeSpan next = duration * (taken() + 1) / Slices;
            TimeSpan now = Stopwatch.GetElapsedTime(began);
            if (now < next)
            {
                Thread.Sleep(next - now);
            }

            take(next.TotalSeconds);
        }
    }
}
