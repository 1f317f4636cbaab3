using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>
/// Markers that a crash took and a startup, or the end of a transaction, cannot write:
/// what was answered stays so.
/// </summary>
public sealed class OwedMarkerTests
{
    private static readonly TopicPartition s_second = BrokerExtensions.Orders with { Partition = 1 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_marker_that_a_startup_cannot_write_blocks_its_id_until_it_is_written(bool isCommit) // T6, T13
    {
        int owed = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            using SimDisk disk = NewDisk(seed);
            using BrokerLife life = WithEndedTransaction(disk, isCommit);
            disk.Faults.Fail(DiskOperation.Allocate, DiskFaults.NoSpace, times: int.MaxValue, path: "orders-0/*");
            life.CutPower();
            var client = new TransactionalClient(life, "billing");
            if (client.Init() == ErrorCode.ConcurrentTransactions)
            {
                owed++;
                life.Step();
                Assert.Empty(life.ReadCommitted(BrokerExtensions.Orders));
                Assert.Contains(life.Broker.Health, static issue => issue.Component == "transactions");
                CommitInOther(life, seed);
                if (seed % 3 == 0)
                {
                    life.Restart(isClean: seed % 2 == 0); // What is owed outlives the process.
                    Assert.Equal(ErrorCode.ConcurrentTransactions, new TransactionalClient(life, "billing").Init());
                }

                disk.Faults.Heal();
                life.Advance(10_000);
                client = new TransactionalClient(life, "billing");
                Assert.Equal(ErrorCode.None, client.Init());
                Assert.DoesNotContain(life.Broker.Health, static issue => issue.Component == "transactions");
            }

            disk.Faults.Heal();
            Assert.Equal(ErrorCode.None, client.Send(BrokerExtensions.Orders, "open"));
            life.CutPower();
            life.Settle();
            Assert.Equal(isCommit ? ["a"] : [], life.ReadCommitted(BrokerExtensions.Orders));
            Assert.Equal(isCommit, life.ReadCommitted(s_second).Contains("b"));
        }

        Assert.True(owed > 0, "No power cut took a marker.");
    }

    [Fact]
    public void A_decided_transaction_that_cannot_be_completed_is_not_written_again_and_backs_off()
    {
        using SimDisk disk = NewDisk(1);
        using var life = new BrokerLife(disk: disk);
        life.Broker.CreateTopic(new NewTopic("orders", 1));
        var client = new TransactionalClient(life, "billing");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.Send(BrokerExtensions.Orders, new string('a', 1900))); // The marker needs a new segment.
        Assert.True(life.Broker.FindLog(BrokerExtensions.Orders)!.Flusher.FlushNow().IsOk); // The first one writes files of the folder.
        disk.Faults.Fail(DiskOperation.Create | DiskOperation.Allocate | DiskOperation.Rename, DiskFaults.NoSpace, times: int.MaxValue, path: "orders-0/*");
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));
        Assert.Equal(TransactionState.PrepareCommit, life.Broker.Transactions.Describe("billing")!.State);

        long before = life.Broker.FindLog(new TopicPartition("__transaction_state", 0))!.ReadEnd().Offset;
        int attempts = 0;
        disk.Calling = call => attempts += call.Path.StartsWith("orders-0/", StringComparison.Ordinal) ? 1 : 0;
        for (int i = 0; i < 600; i++)
        {
            life.Time.Advance(100);
            life.Step();
        }

        disk.Calling = null;
        Assert.Equal(before, life.Broker.FindLog(new TopicPartition("__transaction_state", 0))!.ReadEnd().Offset);
        Assert.InRange(attempts, 1, 60); // One each five seconds, of a few calls; 600 without a back-off.
        Assert.Contains(life.Broker.Health, static issue => issue.Component == "transactions" && issue.Reason.Contains("'billing'", StringComparison.Ordinal));
        Assert.Equal(ErrorCode.ConcurrentTransactions, new TransactionalClient(life, "billing").Init());

        disk.Faults.Heal();
        life.Advance(10_000);
        Assert.Single(life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Empty(life.Broker.Health);
    }

    [Fact]
    public void Nothing_is_decided_while_a_partition_is_offline_that_may_have_lost_records_of_the_transaction()
    {
        using SimDisk disk = NewDisk(2);
        using var life = new BrokerLife(disk: disk);
        var payments = new TopicPartition("payments", 0);
        life.Broker.CreateTopic(new NewTopic("orders", 1));
        life.Broker.CreateTopic(new NewTopic("payments", 1));
        var client = new TransactionalClient(life, "billing");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.Send(BrokerExtensions.Orders, "a"));
        Assert.Equal(ErrorCode.None, client.Send(payments, "b"));
        ValueTask<InitProducerIdResult> end = client.EndAsync(isCommit: true); // Decided, not flushed, not answered.
        Assert.False(end.IsCompleted);
        disk.Faults.Fail(DiskOperation.Open, DiskFaults.InputOutputError, times: int.MaxValue, path: "orders-0/*");
        life.Restart(isClean: false);
        for (int i = 0; i < 100; i++)
        {
            life.Time.Advance(100);
            life.Step();
        }

        Assert.Empty(life.ReadCommitted(payments)); // Whether orders-0 has its part is unknown.
        Assert.Equal(ErrorCode.ConcurrentTransactions, new TransactionalClient(life, "billing").Init());
        disk.Faults.Heal();
        life.Restart(isClean: false);
        life.Settle();
        Assert.Equal(["a"], life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(["b"], life.ReadCommitted(payments));
    }

    [Fact]
    public void Markers_that_a_startup_writes_again_are_not_taken_for_records_that_were_lost()
    {
        int lost = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            using SimDisk disk = NewDisk(seed);
            using var life = new BrokerLife(disk: disk);
            TransactionalClient hasty = SendWithoutFlush(life);
            disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError, times: int.MaxValue, path: "orders-0/*");
            Assert.NotEqual(ErrorCode.None, hasty.End(isCommit: true)); // Decided on disk; its records need not be.
            disk.Faults.Heal();
            life.CutPower();
            life.Settle();
            if (seed % 2 == 0)
            {
                life.CutPower();
                life.Settle();
            }

            lost += IsWhole(life) ? 0 : 1;
        }

        Assert.True(lost > 0, "No power cut took the records.");
    }

    [Theory]
    [InlineData(TransactionVersion.V1)]
    [InlineData(TransactionVersion.V2)]
    public void Markers_that_are_written_again_are_not_taken_for_lost_records_after_one_more_crash(TransactionVersion version)
    {
        int lost = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            using SimDisk disk = NewDisk(seed);
            using var life = new BrokerLife(disk: disk);
            TransactionalClient hasty = SendWithoutFlush(life);
            disk.Faults.Fail(DiskOperation.Flush, DiskFaults.InputOutputError, times: int.MaxValue, path: "orders-0/*");
            Assert.NotEqual(ErrorCode.None, life.Wait(hasty.Requests.EndAsync("b", hasty.ProducerId, hasty.Epoch, isCommit: true, version)).Error); // Decided on disk.
            disk.Faults.Heal();
            life.CutPower();
            Assert.True(life.Broker.FindLog(BrokerExtensions.Orders)!.Flusher.FlushNow().IsOk); // The markers, and not what the startup has decided.
            life.CutPower();
            life.Settle();
            lost += IsWhole(life) ? 0 : 1;
        }

        Assert.True(lost > 0, "No power cut took the records.");
    }

    /// <summary>
    /// Aborts two transactions and sends a third one, of which the first partition has
    /// nothing on disk; returns its client.
    /// </summary>
    private static TransactionalClient SendWithoutFlush(BrokerLife life)
    {
        life.Broker.CreateTopic(new NewTopic("orders", 2));
        var first = new TransactionalClient(life, "a") { Acks = Acks.All };
        var second = new TransactionalClient(life, "b") { Acks = Acks.All };
        Assert.Equal(ErrorCode.None, first.Init());
        Assert.Equal(ErrorCode.None, second.Init());
        Assert.Equal(ErrorCode.None, first.Send(BrokerExtensions.Orders, "0"));
        Assert.Equal(ErrorCode.None, second.Send(BrokerExtensions.Orders, "1"));
        Assert.Equal(ErrorCode.None, second.End(isCommit: false)); // Its marker has offset 2 and is not on disk, nor is what follows.
        Assert.Equal(ErrorCode.None, second.Send(s_second, "half"));
        var hasty = new TransactionalClient(life, "b", second) { Acks = Acks.Leader };
        Assert.Equal(ErrorCode.None, hasty.Send(BrokerExtensions.Orders, "half")); // Offset 3.
        Assert.Equal(ErrorCode.None, first.End(isCommit: false)); // A startup that writes both markers again writes them at 2 and 3.
        return hasty;
    }

    // Both partitions have their part of the third transaction, or neither has.
    private static bool IsWhole(BrokerLife life)
    {
        bool isWhole = life.ReadCommitted(BrokerExtensions.Orders).Contains("half");
        Assert.Equal(isWhole, life.ReadCommitted(s_second).Contains("half"));
        return isWhole;
    }

    private static SimDisk NewDisk(int seed) => new(new SimRandom((ulong)seed), DiskProfile.Ideal with { KeptFileRate = 0 });

    // A later flush of the log wrote its end to disk; its markers may not be on disk.
    private static BrokerLife WithEndedTransaction(SimDisk disk, bool isCommit)
    {
        var life = new BrokerLife(disk: disk);
        life.Broker.CreateTopic(new NewTopic("orders", 2));
        var client = new TransactionalClient(life, "billing") { Acks = Acks.All };
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.Send(BrokerExtensions.Orders, "a"));
        Assert.Equal(ErrorCode.None, client.Send(s_second, "b"));
        Assert.Equal(ErrorCode.None, client.End(isCommit));
        Assert.Equal(ErrorCode.None, new TransactionalClient(life, "other").Init());
        return life;
    }

    private static void CommitInOther(BrokerLife life, int seed)
    {
        var other = new TransactionalClient(life, "other");
        Assert.Equal(ErrorCode.None, other.Init());
        Assert.Equal(ErrorCode.None, other.Send(s_second, $"other/{seed}"));
        Assert.Equal(ErrorCode.None, other.End(isCommit: true));
        Assert.Contains($"other/{seed}", life.ReadCommitted(s_second));
    }
}
