using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// A topic for each codec and level that Kafka has, with the same records in each.
/// </summary>
internal static class CompressedPartitions
{
    public const int Records = Batches * RecordsPerBatch;
    private const int Batches = 3;
    private const int RecordsPerBatch = 40;
    private const long FirstTimestamp = 1_700_000_000_000;

    public static IReadOnlyList<BatchCompression> All { get; } =
    [
        new(CompressionType.None),
        new(CompressionType.Snappy),
        .. ((int[])[-1, .. Enumerable.Range(1, 9)]).Select(static level => new BatchCompression(CompressionType.Gzip, level)),
        .. Enumerable.Range(1, 17).Select(static level => new BatchCompression(CompressionType.Lz4, level)),
        .. ((int[])[-131072, -7, -1, .. Enumerable.Range(0, 23)]).Select(static level => new BatchCompression(CompressionType.Zstd, level)),
    ];

    public static string Topic(BatchCompression compression) => $"{compression.Type}{compression.Level}".ToLowerInvariant();

    /// <summary>Writes them and closes the directory cleanly.</summary>
    public static async Task WriteAsync(string directory)
    {
        await using var broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory) });
        var builder = new RecordBatchBuilder(new byte[256 * 1024]);
        foreach (BatchCompression compression in All)
        {
            Assert.True(broker.CreateTopic(new NewTopic(Topic(compression), 1)).IsSuccess);
            builder.Compression = compression;
            for (int batch = 0; batch < Batches; batch++)
            {
                builder.Reset();
                for (int record = 0; record < RecordsPerBatch; record++)
                {
                    int number = (batch * RecordsPerBatch) + record;
                    builder.Append(FirstTimestamp + number, Encoding.UTF8.GetBytes($"key-{number}"), false, Encoding.UTF8.GetBytes(Value(number)), false);
                }

                AppendResult result = await broker.AppendAsync(new TopicPartition(Topic(compression), 0), builder.Build(), Acks.Leader);
                Assert.Equal((ErrorCode.None, null), (result.Error, result.Message));
            }
        }
    }

    /// <summary>A record as Kafka's console consumer prints it with everything switched on.</summary>
    public static string Line(int number) => $"CreateTime:{FirstTimestamp + number}\tOffset:{number}\tNO_HEADERS\tkey-{number}\t{Value(number)}";

    /// <summary>
    /// Text and noise, so that a batch has several blocks, some of them stored.
    /// </summary>
    public static string Value(int number)
    {
        byte[] noise = new byte[(number % 5) * 500];
        new Random(number).NextBytes(noise);
        return $"value-{number} {new string('x', number % 3 * 1000)} {Convert.ToBase64String(noise)}";
    }
}
