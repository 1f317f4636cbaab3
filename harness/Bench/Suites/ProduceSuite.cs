using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Harness.Bench.Results;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Suites;

/// <summary>
/// Measures the complete path of a producer: P3, P4, its allocations (P16), and the cost
/// of checking a batch from outside.
/// </summary>
internal static class ProduceSuite
{
    private const int BatchBytes = 64 * 1024;
    private const string Raw = "<byte[], byte[]>";
    private const string Memory = "<byte[], ReadOnlyMemory<byte>>";
    private const string Typed = "<string, string>";
    private const string WithCallback = "<byte[], byte[]> with a callback per record";

    internal static Suite Make() => new("produce", "producers, raw and typed: P3 (fire and forget), P4 (awaited), allocations (P16), external batches, peers",
    [
        new("P3: 100 B", static context => FireAndForget(context, 100)) { ExpectedDuration = new(2.4, static scale => scale.AppendBytes) },
        new("P3: 1 KB", static context => FireAndForget(context, 1024)) { ExpectedDuration = new(1.5, static scale => scale.AppendBytes) },
        new("P4: awaited", Awaited) { ExpectedDuration = new(0.9, static scale => scale.SmallBatches) },
        new("external batches", ExternalBatches) { ExpectedDuration = new(0.8, static scale => scale.AppendBytes) },
        ProducePeers.Make(100, "100 B"),
        ProducePeers.Make(1024, "1 KB"),
    ]);

    private static void FireAndForget(BenchContext context, int valueBytes)
    {
        Scale scale = context.Scale;
        long records = scale.AppendBytes / (valueBytes + 12);
        using ClientLog log = ClientLog.Open(context.NewDirectory());
        string name = valueBytes < 1024 ? $"{valueBytes}B" : $"{valueBytes / 1024}KB";
        byte[] bytes = new byte[valueBytes];
        Array.Fill(bytes, (byte)'x');
        string text = new('x', valueBytes);

        Contestant Sending<TValue>(string type, TValue value, Action<RecordMetadata, Exception?>? callback = null) => new(
            type,
            $"acks=1, 1 thread, {records} records of {valueBytes} B without a key, default settings (batch.size 16384, linger.ms 5), one record object, a flush at the end, page cache warmed",
            () =>
            {
                RawFile.WarmPageCache(context.NewDirectory(), scale.AppendBytes + scale.SegmentBytes);
                return log.OnNewTopic(scale.SegmentBytes, topic => Send(log, topic, value, records, callback));
            });
        long called = 0;
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            Sending(Raw, bytes),
            Sending(Memory, (ReadOnlyMemory<byte>)bytes),
            Sending(Typed, text),
            Sending(WithCallback, bytes, (_, _) => called++));
        foreach ((string type, string id) in ((string, string)[])[(Raw, "raw"), (Memory, "memory"), (Typed, "typed"), (WithCallback, "callback")])
        {
            Entry entry = entries[type];
            context.Add(Row.Of($"P3.{id}.{name}.t1", $"Producer{type}, fire and forget, acks=1, 1 thread", "rec/s", entry) with
            {
                Limits = [context.ShareOf(LimitsSuite.MemoryCopy(1), entry.Value.Median * valueBytes / 1e9)],
                Targets = valueBytes > 100 ? [] : [Target.AtLeast("records per second", 5e6, entry.Value.Median)],
            });
        }

        Entry raw = entries[Raw];
        context.Add(Row.Of($"P16.produce.{name}", "allocated by the process per record of a raw producer", "B/record", raw.Allocated!, raw) with
        {
            Targets = [Target.AtMost("bytes per record", 1, raw.Allocated!.Median)],
        });
    }

    private static Measurement Send<TValue>(ClientLog log, string topic, TValue value, long records, Action<RecordMetadata, Exception?>? callback)
    {
        var producer = new Producer<byte[]?, TValue>(log.Transport, new ProducerOptions { Acks = Acks.Leader, EnableIdempotence = false });
        var record = new ProducerRecord<byte[]?, TValue>(topic, null, value);
        producer.Send(record, callback);
        producer.Flush();
        Measurement rate = Workers.Rate(1, records, _ =>
        {
            for (long i = 0; i < records; i++)
            {
                producer.Send(record, callback);
            }

            producer.Flush();
        });
        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return rate;
    }

    private static void Awaited(BenchContext context)
    {
        Scale scale = context.Scale;
        int records = scale.SmallBatches;
        using ClientLog log = ClientLog.Open(context.NewDirectory());
        Entry entry = Contest.Run(context, new Contestant(
            "ours",
            $"acks=1, linger.ms 0, 1 thread, {records} records of 100 B, each awaited before the next is sent, page cache warmed",
            () =>
            {
                RawFile.WarmPageCache(context.NewDirectory(), (200L * records) + scale.SegmentBytes);
                return log.OnNewTopic(scale.SegmentBytes, topic => SendAwaited(log, topic, records));
            }))["ours"];
        context.Add(Row.Of("P4.awaited.100B.t1", "SendAsync, one record at a time, acks=1", "rec/s", entry) with
        {
            Limits = [context.ShareOf(LimitsSuite.MemoryCopy(1), entry.Value.Median * 100 / 1e9)],
            Targets = [Target.AtLeast("records per second", 1e6, entry.Value.Median)],
        });
    }

    private static Measurement SendAwaited(ClientLog log, string topic, int records)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, new ProducerOptions { Acks = Acks.Leader, EnableIdempotence = false, LingerMs = 0 });
        var record = new ProducerRecord<byte[]?, byte[]>(topic, null, new byte[100]);
        Measurement rate = Workers.Rate(1, records, _ => SendEachAsync(producer, record, records).GetAwaiter().GetResult());
        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return rate;
    }

    private static async Task SendEachAsync(Producer<byte[]?, byte[]> producer, ProducerRecord<byte[]?, byte[]> record, int records)
    {
        for (int i = 0; i < records; i++)
        {
            await producer.SendAsync(record);
        }
    }

    // The same batch as bytes and as a BuiltBatch: the difference is the check of every
    // record.
    private static void ExternalBatches(BenchContext context)
    {
        Scale scale = context.Scale;
        var batches = EncodedBatches.Make(100, BatchBytes);
        long count = scale.AppendBytes / batches.BatchBytes;
        long records = count * batches.RecordsPerBatch;
        using EngineLog engine = EngineLog.Open(context.NewDirectory());
        var builder = new RecordBatchBuilder(new byte[BatchBytes]);
        EncodedBatches.Fill(builder, batches.Value);
        BuiltBatch built = builder.Build();

        Contestant Appending(string name, Action<TopicPartition> append) => new(name, $"acks=1, 1 thread, {count} batches of 64 KB with {batches.RecordsPerBatch} records of 100 B, page cache warmed", () =>
        {
            RawFile.WarmPageCache(context.NewDirectory(), scale.AppendBytes + scale.SegmentBytes);
            return engine.OnNewTopic(scale.SegmentBytes, partition => Workers.Rate(1, records, _ => append(partition)));
        });
        IReadOnlyDictionary<string, Entry> entries = Contest.Run(
            context,
            Appending("outside", partition => Repeat(count, () => engine.Broker.AppendAsync(partition, built.Bytes, Acks.Leader))),
            Appending("built here", partition => Repeat(count, () => engine.Broker.AppendAsync(partition, built, Acks.Leader))));
        Entry outside = entries["outside"];
        context.Add(Row.Of("produce.outside.100B", "append of an external batch, each record checked", "rec/s", outside) with
        {
            Limits = [context.ShareOf(LimitsSuite.PageCacheWrite(1), outside.Value.Median * batches.BytesPerRecord / 1e9)],
            Peers = [Peer.Of(outside.Value, entries["built here"])],
        });
    }

    private static void Repeat(long count, Func<ValueTask<AppendResult>> append)
    {
        for (long i = 0; i < count; i++)
        {
            AppendResult result = append().AsTask().GetAwaiter().GetResult();
            if (result.Error != ErrorCode.None)
            {
                throw new InvalidOperationException($"{result.Error}: {result.Message}");
            }
        }
    }
}
