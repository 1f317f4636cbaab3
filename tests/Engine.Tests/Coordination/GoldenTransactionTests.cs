using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Coordination;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>Transactions that a real Kafka recorded.</summary>
public sealed class GoldenTransactionTests
{
    [Fact]
    public async Task Recorded_transactions_load_to_the_state_that_was_recorded() // K15
    {
        using var directory = new GoldenDirectory("clean");
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path), LoggerFactory = NullLoggerFactory.Instance });
        Assert.Equal(
            [
                new TransactionListing("c-tx", 10, TransactionState.CompleteCommit),
                new TransactionListing("txn-a", 5, TransactionState.CompleteAbort),
                new TransactionListing("txn-b", 6, TransactionState.CompleteAbort),
            ],
            broker.Transactions.List());
        TransactionDescription described = broker.Transactions.Describe("c-tx")!;
        Assert.Equal((10L, (short)120, 60_000, 1795253141358L), (described.ProducerId, described.ProducerEpoch, described.TimeoutMs, described.StartTimestampMs));
        Assert.Empty(described.Partitions);
        Assert.True(broker.InitProducerId().ProducerId >= 1000); // Above the block that Kafka had allocated.
    }

    [Fact]
    public void Recorded_states_are_written_byte_for_byte_as_Kafka_wrote_them()
    {
        int count = 0;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(GoldenDirectory.Root, "clean"), "*.log", SearchOption.AllDirectories)
            .Where(static file => file.Contains("__transaction_state-", StringComparison.Ordinal)))
        {
            ReadOnlySpan<byte> bytes = File.ReadAllBytes(file);
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                RecordReader records = batch.Records();
                while (records.Read())
                {
                    Assert.True(TransactionRecords.TryReadKey(records.Key, out string transactionalId));
                    Assert.True(TransactionRecords.TryReadValue(records.Value, out TransactionMetadata? state));
                    Assert.Equal(Convert.ToHexString(records.Key), Convert.ToHexString(TransactionRecords.Key(transactionalId)));
                    Assert.Equal(Convert.ToHexString(records.Value), Convert.ToHexString(TransactionRecords.Value(state!)));
                    count++;
                }

                bytes = bytes[batch.SizeBytes..];
            }
        }

        Assert.True(count > 500, $"{count} records");
    }

    [Fact]
    public void A_record_that_is_cut_short_is_refused_and_never_an_exception()
    {
        byte[] value = TransactionRecords.Value(new TransactionMetadata
        {
            ProducerId = 7,
            Epoch = 3,
            TimeoutMs = 60_000,
            State = TransactionState.Ongoing,
            Partitions = [new TopicPartition("orders", 0), new TopicPartition("orders", 5), new TopicPartition("payments", 1)],
            NextProducerId = 9,
            ClientVersion = 2,
        });
        Assert.True(TransactionRecords.TryReadValue(value, out TransactionMetadata? state));
        Assert.Equal(3, state!.Partitions!.Count);
        for (int size = 0; size < value.Length; size++)
        {
            Assert.False(TransactionRecords.TryReadValue(value.AsSpan(0, size), out _), $"{size} bytes");
        }

        var random = new Random(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. value];
            damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            _ = TransactionRecords.TryReadValue(damaged, out _);
        }
    }
}
