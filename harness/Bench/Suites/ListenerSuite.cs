using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Zurau.Engine.Common;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;
using Zurau.Transport;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures records through a complete application to a handler that does nothing: P9.
/// </summary>
internal static class ListenerSuite
{
    private const int ValueBytes = 100;
    private const int BatchBytes = 16 * 1024; // The producer's default batch.size.

    internal static Suite Make() => new("listener", "records to a [KafkaListener] handler that does nothing (P9), stored in advance or sent at the same time",
    [
        new("P9: stored records", Stored) { ExpectedDuration = new(0.8, static scale => scale.ClientBytes) },
        new("P9: produce to listener", ProducedMeanwhile) { ExpectedDuration = new(1, static scale => scale.ClientBytes) },
    ]);

    private static void Stored(BenchContext context)
    {
        var batches = EncodedBatches.Make(ValueBytes, BatchBytes);
        long count = context.Scale.ClientBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        string directory = context.NewDirectory();
        EngineLog engine = EngineLog.Open(directory);
        string topic = engine.NewTopic(context.Scale.SegmentBytes).Topic;
        new Appender(engine.Broker, new TopicPartition(topic, 0), Acking.Leader).AppendAll(batches.Batches, count);
        engine.Close();
        int round = 0;
        Entry entry = Contest.Run(context, new Contestant("ours", $"a host with AddZurau and one listener, AckMode Batch, concurrency 1, Java's consumer defaults, {records} records of {ValueBytes} B in batches of {batches.BatchBytes} B, page cache; from the first handled record to the last", () =>
        {
            using var handled = new HandledRecords(records);
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            using var host = new ListenerHost(directory, topic, $"group-{round++}", handled);
            double seconds = handled.WaitSeconds();
            return new Measurement((records - 1) / seconds, null, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)records);
        }))["ours"];
        context.Add(Row.Of("P9.stored.100B", "stored records to a handler", "rec/s", entry) with
        {
            Limits = [context.ShareOf(LimitsSuite.MemoryCopy(1), entry.Value.Median * ValueBytes / 1e9)],
            Targets =
            [
                Target.AtLeast("records per second", 2e6, entry.Value.Median),
                Target.AtMost("bytes per record beyond the payload: one allocation, a ConsumerRecord", BytesOf(static () => RuntimeHelpers.GetUninitializedObject(typeof(ConsumerRecord<byte[], byte[]>))), entry.Allocated!.Median - BytesOf(static () => new byte[ValueBytes])),
            ],
        });
        Directory.Delete(directory, recursive: true);
    }

    private static long BytesOf(Func<object> make)
    {
        make();
        long before = GC.GetAllocatedBytesForCurrentThread();
        make();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void ProducedMeanwhile(BenchContext context)
    {
        long records = context.Scale.ClientBytes / ValueBytes;
        byte[] value = EncodedBatches.Make(ValueBytes, BatchBytes).Value;
        Entry entry = Contest.Run(context, new Contestant("ours", $"the same host, and a thread that sends {records} records of {ValueBytes} B by Producer.Send, acks=1, Java's defaults; from the first handled record to the last", () =>
        {
            string directory = context.NewDirectory();
            EngineLog engine = EngineLog.Open(directory);
            string topic = engine.NewTopic(context.Scale.SegmentBytes).Topic;
            engine.Close();
            using var handled = new HandledRecords(records);
            Measurement measurement;
            using (var host = new ListenerHost(directory, topic, "group", handled))
            {
                var producer = new Producer<byte[]?, byte[]>(host.Services.GetRequiredService<IKafkaTransport>(), new ProducerOptions { Acks = Acks.Leader });
                long allocated = GC.GetTotalAllocatedBytes(precise: true);
                for (long i = 0; i < records; i++)
                {
                    producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, value));
                }

                producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
                double seconds = handled.WaitSeconds();
                measurement = new Measurement((records - 1) / seconds, null, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)records);
            }

            Directory.Delete(directory, recursive: true);
            return measurement;
        }))["ours"];
        context.Add(Row.Of("P9.produced.100B", "sent records to a handler, sender and listener at the same time", "rec/s", entry) with
        {
            Limits = [context.ShareOf(LimitsSuite.MemoryCopy(1), entry.Value.Median * ValueBytes / 1e9)],
            Targets = [Target.AtLeast("records per second", 2e6, entry.Value.Median)],
        });
    }
}
