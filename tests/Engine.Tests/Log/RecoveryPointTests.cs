using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Log;

/// <summary>
/// Startup trusts the index files of segments below the recovery point, so it must not
/// pass files that a power loss may still tear.
/// </summary>
public sealed class RecoveryPointTests
{
    private const long Producer = 7;
    private static readonly LogSettings s_settings = new() { SegmentBytes = 200, SegmentMs = long.MaxValue, IndexIntervalBytes = 1 };

    [Fact]
    public void The_recovery_point_waits_for_the_index_files_of_every_full_segment()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, s_settings);
        AppendAborted(log);
        Assert.True(log.Flusher.FlushNow().IsOk);
        Assert.Equal(log.ReadEnd().Offset, log.Flusher.DurableEnd);
        Assert.Equal(0, log.RecoveryPoint);
        Assert.True(log.FlushSealed().IsOk);
        Assert.Equal(log.ReadEnd().Offset, log.RecoveryPoint);
        log.Release();
    }

    [Fact]
    public void Aborted_records_stay_aborted_after_a_power_loss_between_a_flush_and_that_of_the_index_files() // T1
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            using var disk = new SimDisk(new SimRandom(seed), DiskProfile.Nasty);
            IStorage storage = disk.Boot();
            Assert.True(storage.CreateDirectory(Logs.Directory).IsOk);
            Assert.True(storage.SyncDirectory("").IsOk);
            PartitionLog log = Logs.Open(storage, s_settings);
            AppendAborted(log);
            Assert.True(log.Flusher.FlushNow().IsOk);
            long end = log.ReadEnd().Offset;
            long checkpointed = log.RecoveryPoint; // As retention and the cleaner write it down, without a flush of the indexes before.
            disk.PowerLoss([]);
            PartitionLog reopened = Logs.Open(disk.Boot(), s_settings, new RecoveryInputs(false, checkpointed));
            Assert.True(end == reopened.ReadEnd().Offset && reopened.Segments[0].Transactions.Entries.Length == 1, $"The aborted transaction is forgotten, seed {seed}.");
            reopened.Release();
        }
    }

    // A transaction that is aborted in the first segment, and two more segments.
    private static void AppendAborted(PartitionLog log)
    {
        log.Producers.AddToTransaction(Producer, 0, bumpsEpoch: false);
        Assert.Equal(ErrorCode.None, log.Append(Batches.OfProducer(Producer, 0, 0, isTransactional: true)).Error);
        Assert.Equal(ErrorCode.None, log.Append(new TransactionMarker(Producer, 0, IsCommit: false, CoordinatorEpoch: 0, BumpsEpoch: false)).Error);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of(new string('x', 60))).Error);
        }

        Assert.Equal(5, log.Segments.Length);
        Assert.Equal(1, log.Segments[0].Transactions.Entries.Length);
    }
}
