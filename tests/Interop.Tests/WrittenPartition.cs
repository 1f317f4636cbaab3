using System.Text;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Interop.Tests;

/// <summary>
/// Partition <c>t-0</c> as the engine writes it: several segments, headers, null keys
/// and values.
/// </summary>
internal static class WrittenPartition
{
    public const int Records = Batches * RecordsPerBatch;
    private const int Batches = 400;
    private const int RecordsPerBatch = 5;
    private const long FirstTimestamp = 1_700_000_000_000;

    /// <summary>Writes it and closes the directory cleanly.</summary>
    public static async Task WriteAsync(string directory)
    {
        await using var broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory), LogSegmentBytes = 64 * 1024 });
        Assert.True(broker.CreateTopic(new NewTopic("t", 1)).IsSuccess);
        var builder = new RecordBatchBuilder(new byte[16 * 1024]);
        Headers headers = new Headers().Add("kind", "test").Add("nothing", (byte[]?)null);
        for (int batch = 0; batch < Batches; batch++)
        {
            builder.Reset();
            for (int record = 0; record < RecordsPerBatch; record++)
            {
                int number = (batch * RecordsPerBatch) + record;
                builder.Append(FirstTimestamp + number, Encoding.UTF8.GetBytes(Key(number)), IsKeyNull(number), Encoding.UTF8.GetBytes(Value(number)), IsValueNull(number), HasHeaders(number) ? headers : null);
            }

            AppendResult result = await broker.AppendAsync(new TopicPartition("t", 0), builder.Build(), Acks.Leader);
            Assert.Equal(ErrorCode.None, result.Error);
        }
    }

    /// <summary>A record as Kafka's console consumer prints it with everything switched on.</summary>
    public static string Line(int number) => string.Join(
        '\t',
        $"CreateTime:{FirstTimestamp + number}",
        $"Offset:{number}",
        HasHeaders(number) ? "kind:test,nothing:null" : "NO_HEADERS",
        IsKeyNull(number) ? "null" : Key(number),
        IsValueNull(number) ? "null" : Value(number));

    private static bool IsKeyNull(int number) => number % 7 == 1;

    private static bool IsValueNull(int number) => number % 11 == 1;

    private static bool HasHeaders(int number) => number % 2 == 1;

    private static string Key(int number) => $"key-{number}";

    private static string Value(int number) => $"value-{number} {new string('x', 100)}";
}
