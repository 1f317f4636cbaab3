using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace ProcessTests.Processes;

/// <summary>
/// Files that another process truncates or removes while the engine has them open.
/// </summary>
public sealed class TamperedFileTests
{
    private static readonly TopicPartition s_orders = new("orders", 0);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_segment_truncated_or_removed_by_another_process_is_an_error_for_its_records_and_the_process_survives(bool isCut) // E9
    {
        using var directory = new TestDirectory(isChecked: false); // The test damages it.
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path), LogSegmentBytes = 64 * 1024, MaxOpenSegments = 1 });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batch();
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(i, (await broker.AppendAsync(s_orders, batch, i % 50 == 49 ? Acks.All : Acks.Leader)).BaseOffset);
        }

        string first = Directory.GetFiles(directory.At("orders-0"), "*.log").Order().First();
        if (isCut)
        {
            using FileStream file = File.OpenWrite(first);
            file.SetLength(8192);
        }
        else
        {
            File.Delete(first);
        }

        using FetchResponse damaged = await FetchAsync(broker, 40);
        if (isCut || damaged.Partitions[0].Error != ErrorCode.None)
        {
            Assert.Equal(ErrorCode.KafkaStorageError, damaged.Partitions[0].Error);
        }
        else
        {
            Assert.True(RecordBatchView.TryRead(damaged.Partitions[0].Records.Span, out RecordBatchView kept)); // Still open: the bytes are there.
            Assert.True(kept.IsCrcValid());
        }

        using FetchResponse other = await FetchAsync(broker, 150);
        Assert.Equal(ErrorCode.None, other.Partitions[0].Error);
        Assert.False(other.Partitions[0].Records.IsEmpty);
        Assert.Equal(200, (await broker.AppendAsync(s_orders, batch, Acks.All)).BaseOffset);
    }

    private static async Task<FetchResponse> FetchAsync(Broker broker, long offset) =>
        await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(s_orders, offset)], MaxWaitMs = 0 });

    private static byte[] Batch()
    {
        var builder = new RecordBatchBuilder(new byte[2048]);
        builder.Append(1_700_000_000_000, default, isKeyNull: true, new byte[1000], isValueNull: false);
        return builder.Build().ToArray();
    }
}
