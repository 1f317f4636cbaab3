using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>Offsets that are being appended when their transaction ends.</summary>
public sealed class PendingOffsetTests
{
    /// <summary>
    /// The batch is in the log and its offset is not pending yet when the marker comes. A
    /// marker that does not wait would end the transaction without the offset, which would
    /// be unstable forever.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_marker_waits_for_offsets_that_are_being_written(bool isCommit) // T14, T15
    {
        using var appended = new ManualResetEventSlim();
        using var proceed = new ManualResetEventSlim();
        var hooks = new PausingHooks(appended, proceed);
        using var life = new BrokerLife(hooks);
        life.Broker.CreateTopic(new NewTopic("orders", 1));
        var client = new TransactionalClient(life, "billing");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, life.Wait(client.Requests.AddOffsetsAsync("billing", client.ProducerId, client.Epoch, "shop", TransactionVersion.V1)));
        var committer = new Thread(() =>
        {
            hooks.Paused = Thread.CurrentThread;
            ValueTask<IReadOnlyList<PartitionResult>> commit = client.Requests.CommitOffsetsAsync(
                "billing", client.ProducerId, client.Epoch, "shop", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(7))], TransactionVersion.V1);
            hooks.Committed = commit.AsTask();
        });
        committer.Start();
        appended.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(ErrorCode.None, life.Wait(client.Requests.EndAsync("billing", client.ProducerId, client.Epoch, isCommit, TransactionVersion.V1)).Error);
        proceed.Set(); // Only a marker that did not wait comes here first.
        committer.Join();
        Assert.Equal(ErrorCode.None, hooks.Committed!.GetAwaiter().GetResult()[0].Error);
        OffsetFetchResult fetched = life.Broker.Groups.FetchOffsets("shop", [BrokerExtensions.Orders], requireStable: true)[0];
        Assert.Equal((ErrorCode.None, isCommit ? 7 : null), (fetched.Error, fetched.Committed?.Offset));
    }

    /// <summary>
    /// The transaction's records of the coordinator are on disk; the end of it comes after
    /// a power loss.
    /// </summary>
    [Theory]
    [InlineData(TransactionVersion.V1)]
    [InlineData(TransactionVersion.V2)]
    public void Offsets_that_were_answered_are_committed_by_a_producer_that_outlives_a_power_loss(TransactionVersion version) // T13, W8
    {
        for (ulong seed = 0; seed < 12; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty with { Name = "Forgetful", KeptFileRate = 0 });
            using var life = new BrokerLife(disk: disk);
            life.Broker.CreateTopic(new NewTopic("orders", 1));
            Assert.Equal(ErrorCode.None, life.Wait(life.Broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("record"), Acks.All)).Error);
            var client = new TransactionalClient(life, "billing");
            Assert.Equal(ErrorCode.None, client.Init());
            Assert.Equal(ErrorCode.None, life.Wait(client.Requests.AddOffsetsAsync("billing", client.ProducerId, client.Epoch, "shop", version)));
            Assert.Equal(ErrorCode.None, life.Wait(client.Requests.CommitOffsetsAsync(
                "billing", client.ProducerId, client.Epoch, "shop", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))], version))[0].Error);
            Assert.Equal(ErrorCode.None, new TransactionalClient(life, "other").Init()); // Flushes the log of the coordinator.
            life.CutPower();
            Assert.Equal(ErrorCode.None, life.Wait(client.Requests.EndAsync("billing", client.ProducerId, client.Epoch, isCommit: true, version)).Error);
            OffsetFetchResult fetched = life.Broker.Groups.FetchOffsets("shop", [BrokerExtensions.Orders], requireStable: true)[0];
            Assert.Equal((ErrorCode.None, 1L), (fetched.Error, fetched.Committed?.Offset));
        }
    }

    private sealed class PausingHooks(ManualResetEventSlim appended, ManualResetEventSlim proceed) : InlineHooks
    {
        internal Thread? Paused { get; set; }

        internal Task<IReadOnlyList<PartitionResult>>? Committed { get; set; }

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == LogPoint.AppendPushed && Thread.CurrentThread == Paused)
            {
                appended.Set();
                proceed.Wait();
            }
        }

        internal override void Wait(LogPoint point)
        {
            if (point == LogPoint.WaitLock)
            {
                proceed.Set(); // The marker waits for the lock of the append.
            }

            Thread.Yield();
        }
    }
}
