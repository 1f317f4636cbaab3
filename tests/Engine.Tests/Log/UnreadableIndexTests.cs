using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>An index file that exists and cannot be read is not one without entries.</summary>
public sealed class UnreadableIndexTests : IDisposable
{
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;

    public UnreadableIndexTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(24)]
    [InlineData(12)]
    public async Task Aborted_records_stay_invisible_when_the_index_of_aborted_transactions_cannot_be_read_at_startup(int errno)
    {
        await using (Broker broker = Open())
        {
            Assert.True(broker.CreateTopic(new NewTopic("orders")).IsSuccess);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(ErrorCode.None, Wait(broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("plain"), Acks.Leader)).Error);
            }

            InitProducerIdResult producer = Wait(broker.Transactions.InitProducerIdAsync("billing", 60_000));
            Assert.Equal(ErrorCode.None, Wait(broker.Transactions.AddPartitionsAsync("billing", producer.ProducerId, producer.ProducerEpoch, [BrokerExtensions.Orders], TransactionVersion.V2)));
            Assert.Equal(ErrorCode.None, Wait(broker.AppendAsync(BrokerExtensions.Orders, Batches.OfProducer(producer.ProducerId, producer.ProducerEpoch, 0, isTransactional: true), Acks.Leader)).Error);
            Assert.Equal(ErrorCode.None, Wait(broker.Transactions.EndAsync("billing", producer.ProducerId, producer.ProducerEpoch, isCommit: false, TransactionVersion.V2)).Error);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(ErrorCode.None, Wait(broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("plain"), Acks.Leader)).Error);
            }
        }

        int refused = 0;
        _storage.Failing = (operation, path) => operation == "open" && path.EndsWith(".txnindex", StringComparison.Ordinal) && ++refused > 0 ? new IoResult(errno) : IoResult.Ok;
        await using Broker reopened = Open();
        _storage.Failing = null;
        Assert.True(refused > 0, "The index was not read.");
        using FetchResponse response = Wait(reopened.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 0)], IsolationLevel = IsolationLevel.ReadCommitted, MaxWaitMs = 0 }));
        FetchedPartition fetched = response.Partitions[0];
        if (fetched.Error == ErrorCode.None)
        {
            Assert.Equal(3, Assert.Single(fetched.AbortedTransactions!).FirstOffset);
        }
        else
        {
            Assert.Equal(ErrorCode.KafkaStorageError, fetched.Error);
        }
    }

    public void Dispose() => _memory.Dispose();

    private Broker Open() => Broker.Open(new BrokerSettings
    {
        Storage = _storage,
        TimeProvider = _time,
        DutyPump = _pump,
        RandomSeed = 1,
        Hooks = new InlineHooks(),
        LogIndexIntervalBytes = 1,
    });

    private T Wait<T>(ValueTask<T> task)
    {
        for (int step = 0; !task.IsCompleted; step++)
        {
            Assert.True(step < 1000, "The answer never comes.");
            _pump.Step();
        }

        return task.GetAwaiter().GetResult();
    }
}
