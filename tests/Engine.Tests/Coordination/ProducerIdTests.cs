using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

public sealed class ProducerIdTests
{
    [Fact]
    public async Task No_producer_id_is_given_away_twice_however_the_engine_ends() // I9
    {
        using var storage = new MemoryStorage();
        var seen = new HashSet<long>();
        for (int life = 0; life < 6; life++)
        {
            Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
            for (int i = 0; i < 700 * life; i++)
            {
                InitProducerIdResult given = broker.InitProducerId();
                Assert.Equal((ErrorCode.None, 0), (given.Error, given.ProducerEpoch));
                Assert.True(seen.Add(given.ProducerId), $"{given.ProducerId} was given away twice");
            }

            if (life % 2 == 0)
            {
                await broker.DisposeAsync();
            }
            else
            {
                storage.Release(); // As if the process had been killed: nothing is closed.
            }
        }
    }

    [Fact]
    public async Task A_directory_without_the_file_continues_after_the_highest_id_in_its_logs() // I9
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = storage }))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.OfProducer(4711, 0, 0), Acks.Leader);
        }

        await using Broker reopened = Broker.Open(new BrokerSettings { Storage = storage });
        Assert.Equal(5000, reopened.InitProducerId().ProducerId);
    }

    [Fact]
    public async Task A_block_that_cannot_be_written_down_gives_nothing_away()
    {
        using var storage = new MemoryStorage();
        var faulty = new FaultyStorage(storage);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = faulty });
        faulty.Creation = IoResult.NoSpace;
        Assert.Equal(ErrorCode.KafkaStorageError, broker.InitProducerId().Error);
        faulty.Creation = IoResult.Ok;
        Assert.Equal(0, broker.InitProducerId().ProducerId);
    }

    [Fact]
    public async Task A_duplicate_with_acks_all_is_answered_once_the_first_is_on_disk() // I1
    {
        using var storage = new MemoryStorage();
        var faulty = new FaultyStorage(storage);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = faulty });
        broker.CreateTopic(new NewTopic("orders"));
        byte[] batch = Batches.OfProducer(7, 0, 0);
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, batch, Acks.Leader)).BaseOffset);
        int flushes = faulty.Flushes;
        AppendResult again = await broker.AppendAsync(BrokerExtensions.Orders, batch, Acks.All);
        Assert.Equal((ErrorCode.None, 0), (again.Error, again.BaseOffset));
        Assert.True(faulty.Flushes > flushes);
        flushes = faulty.Flushes;
        Assert.Equal(0, (await broker.AppendAsync(BrokerExtensions.Orders, batch, Acks.All)).BaseOffset);
        Assert.Equal(flushes, faulty.Flushes);
    }

    [Fact]
    public async Task The_duty_makes_logs_forget_idle_producers() // I6
    {
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage, TimeProvider = time, DutyPump = pump, ProducerIdExpirationMs = 60_000 });
        broker.CreateTopic(new NewTopic("orders"));
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.OfProducer(7, 0, 0), Acks.Leader);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await broker.AppendAsync(BrokerExtensions.Orders, Batches.OfProducer(7, 0, 9), Acks.Leader)).Error);
            time.Advance(29_999);
            pump.Step();
        }

        time.Advance(30_000);
        pump.Step();
        Assert.Equal(1, (await broker.AppendAsync(BrokerExtensions.Orders, Batches.OfProducer(7, 0, 9), Acks.Leader)).BaseOffset);
    }
}
