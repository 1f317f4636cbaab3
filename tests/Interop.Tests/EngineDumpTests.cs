using System.Text;
using Xunit.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Tests;

namespace Interop.Tests;

/// <summary>Kafka's own dump tool reads what the engine wrote: rolled segments, headers, null keys and values.</summary>
public sealed class EngineDumpTests(ITestOutputHelper output)
{
    private const int Batches = 400;
    private const int RecordsPerBatch = 5;

    [KafkaFact]
    public async Task Rolled_segments_and_their_indexes_are_read_without_a_complaint()
    {
        using var directory = new TemporaryDirectory();
        await WriteAsync(directory.FullName);
        string[] logs = Dump.Files(directory.FullName, "*.log");
        string[] indexes = [.. Dump.Files(directory.FullName, "*.index"), .. Dump.Files(directory.FullName, "*.timeindex")];

        string records = await KafkaTools.DumpAsync(logs, "--deep-iteration", "--print-data-log");
        Dump.AssertNoComplaint(records);
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--index-sanity-check"));
        Dump.AssertNoComplaint(await KafkaTools.DumpAsync(indexes, "--verify-index-only"));

        output.WriteLine($"{logs.Length} segments");
        Assert.True(logs.Length > 2);
        Assert.Equal(Batches * RecordsPerBatch, Dump.CountRecords(records)["t-0"]);
        Assert.Contains("headerKeys: [kind,nothing] key: key-7 payload: value-7", records, StringComparison.Ordinal);
    }

    private static async Task WriteAsync(string directory)
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
                byte[] key = Encoding.UTF8.GetBytes($"key-{number}");
                byte[] value = Encoding.UTF8.GetBytes($"value-{number} {new string('x', 100)}");
                builder.Append(1_700_000_000_000 + number, key, number % 7 == 1, value, number % 11 == 1, number % 2 == 1 ? headers : null);
            }

            AppendResult result = await broker.AppendAsync(new TopicPartition("t", 0), builder.Build(), Acks.Leader);
            Assert.Equal(ErrorCode.None, result.Error);
        }
    }
}
