using System.Globalization;
using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// Partition <c>t-0</c>, compacted: the engine writes it in all codecs, with
/// tombstones, headers, an idempotent producer, committed and aborted transactions, and
/// its cleaner cleans it.
/// </summary>
internal static class CleanedPartition
{
    private const int Batches = 300;
    private const int RecordsPerBatch = 4;
    private const int Keys = 37;
    private const long FirstTimestamp = 1_700_000_000_000;
    private const string TransactionalId = "tx";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TopicPartition s_partition = new("t", 0);

    /// <summary>
    /// Writes it, closes the directory, has it cleaned and closes it again; gives how many
    /// records were written.
    /// </summary>
    public static async Task<int> WriteAsync(string directory)
    {
        int written = 0;
        await using (Broker broker = Open(directory, cleans: false))
        {
            var configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "16384", ["index.interval.bytes"] = "500", ["min.cleanable.dirty.ratio"] = "0" };
            Assert.True(broker.CreateTopic(new NewTopic("t", 1) { Configs = configs }).IsSuccess);
            var builder = new RecordBatchBuilder(new byte[16 * 1024]);
            InitProducerIdResult idempotent = broker.InitProducerId();
            int sequence = 0;
            for (int i = 0; i < Batches; i++, written += RecordsPerBatch)
            {
                builder.Compression = new BatchCompression((CompressionType)(i % 5));
                if (i % 10 == 3)
                {
                    await WriteTransactionAsync(broker, builder, written, isCommit: i % 20 == 3);
                    continue;
                }

                Fill(builder, written, i % 10 == 7 ? idempotent : null, sequence);
                sequence += i % 10 == 7 ? RecordsPerBatch : 0;
                await AppendAsync(broker, builder, BatchAttributes.None);
            }
        }

        await using (Broker broker = Open(directory, cleans: true))
        {
            string checkpoint = Path.Combine(directory, "cleaner-offset-checkpoint");
            using var patience = new CancellationTokenSource(s_patience);
            while (!File.Exists(checkpoint) || !(await File.ReadAllTextAsync(checkpoint, patience.Token)).Contains("t 0 ", StringComparison.Ordinal))
            {
                await Task.Delay(5, patience.Token);
            }
        }

        return written;
    }

    /// <summary>
    /// Reads every record that is there, each as Kafka's console consumer prints it with
    /// everything switched on.
    /// </summary>
    public static async Task<string[]> ReadAsync(string directory)
    {
        await using Broker broker = Open(directory, cleans: false);
        Assert.True(broker.ListOffsets(s_partition, out long offset, out long end).IsSuccess);
        var lines = new List<string>();
        while (offset < end)
        {
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_partition, offset)] });
            Assert.Equal(ErrorCode.None, response.Partitions[0].Error);
            offset = Decode(response.Partitions[0].Records.Span, lines);
        }

        return [.. lines];
    }

    private static Broker Open(string directory, bool cleans) => Broker.Open(new BrokerSettings
    {
        Storage = new FileStorage(directory),
        LogCleanerEnable = cleans,
        LogCleanerBackoffMs = 10,
    });

    private static async Task WriteTransactionAsync(Broker broker, RecordBatchBuilder builder, int first, bool isCommit)
    {
        InitProducerIdResult producer = await broker.Transactions.InitProducerIdAsync(TransactionalId, 60_000);
        Assert.Equal(ErrorCode.None, producer.Error);
        Assert.Equal(ErrorCode.None, await broker.Transactions.AddPartitionsAsync(TransactionalId, producer.ProducerId, producer.ProducerEpoch, [s_partition], TransactionVersion.V2));
        Fill(builder, first, producer, 0);
        await AppendAsync(broker, builder, BatchAttributes.Transactional);
        Assert.Equal(ErrorCode.None, (await broker.Transactions.EndAsync(TransactionalId, producer.ProducerId, producer.ProducerEpoch, isCommit, TransactionVersion.V2)).Error);
    }

    private static void Fill(RecordBatchBuilder builder, int first, InitProducerIdResult? producer, int sequence)
    {
        builder.Reset();
        builder.SetProducer(producer?.ProducerId ?? -1, producer?.ProducerEpoch ?? -1, producer is null ? -1 : sequence);
        for (int number = first; number < first + RecordsPerBatch; number++)
        {
            Headers? headers = number % 2 == 1 ? new Headers().Add("kind", "test").Add("nothing", (byte[]?)null) : null;
            builder.Append(FirstTimestamp + number, Encoding.UTF8.GetBytes($"key-{number % Keys}"), false, Encoding.UTF8.GetBytes($"value-{number} {new string('x', 100)}"), number % 13 == 5, headers);
        }
    }

    private static async Task AppendAsync(Broker broker, RecordBatchBuilder builder, BatchAttributes attributes)
    {
        AppendResult result = await broker.AppendAsync(s_partition, builder.Build(attributes), Acks.Leader);
        Assert.Equal((ErrorCode.None, null), (result.Error, result.Message));
    }

    private static long Decode(ReadOnlySpan<byte> bytes, List<string> lines)
    {
        long next = -1;
        while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
        {
            using DecompressedRecords decompressed = batch.Decompress();
            RecordReader records = batch.Records(decompressed);
            while (!batch.IsControl && records.Read())
            {
                string headers = string.Join(',', records.Headers.ToHeaders().Select(static header => $"{header.Key}:{(header.Value is { } value ? Encoding.UTF8.GetString(value) : "null")}"));
                lines.Add(string.Join(
                    '\t',
                    string.Create(CultureInfo.InvariantCulture, $"CreateTime:{records.Timestamp}"),
                    string.Create(CultureInfo.InvariantCulture, $"Offset:{records.Offset}"),
                    headers.Length == 0 ? "NO_HEADERS" : headers,
                    Encoding.UTF8.GetString(records.Key),
                    records.IsValueNull ? "null" : Encoding.UTF8.GetString(records.Value)));
            }

            next = batch.LastOffset + 1;
            bytes = bytes[batch.SizeBytes..];
        }

        return next;
    }
}
