using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// What a log lets a producer append, and what it answers to a batch that it has.
/// </summary>
public sealed class ProducerGateTests : IDisposable
{
    private const long Producer = 7;
    private readonly MemoryStorage _storage = new();

    public void Dispose() => _storage.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_retry_of_any_of_the_last_five_batches_gets_the_first_offset_also_after_a_restart(bool isClean) // I1
    {
        PartitionLog log = Logs.Open(_storage);
        for (int i = 0; i < 7; i++)
        {
            Assert.Equal((ErrorCode.None, i * 3), Send(log, 0, i * 3, count: 3));
        }

        log = Reopen(log, isClean);
        for (int i = 2; i < 7; i++)
        {
            Appended again = log.Append(Batches.OfProducer(Producer, 0, i * 3, 3));
            Assert.Equal((ErrorCode.None, i * 3, (i * 3) + 3), (again.Error, again.BaseOffset, again.EndOffset));
        }

        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 0, 3, count: 3).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 0, 18, count: 2).Error);
        Assert.Equal(21, log.ReadEnd().Offset);
        Assert.Equal((ErrorCode.None, 21), Send(log, 0, 21));
        log.Release();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sequences_wrap_to_0_after_the_largest_number_also_within_a_batch_and_a_snapshot(bool isClean) // I2, I3
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal((ErrorCode.None, 0), Send(log, 0, int.MaxValue - 5, count: 3));
        Assert.Equal((ErrorCode.None, 3), Send(log, 0, int.MaxValue - 2, count: 5)); // … MaxValue, 0, 1.
        log = Reopen(log, isClean);
        Assert.Equal((ErrorCode.None, 3), Send(log, 0, int.MaxValue - 2, count: 5));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 0, 3).Error);
        Assert.Equal((ErrorCode.None, 8), Send(log, 0, 2));
        log.Release();
    }

    [Fact]
    public void A_gap_or_an_old_epoch_is_refused_and_a_new_epoch_begins_at_0() // I2, I3
    {
        PartitionLog log = Logs.Open(_storage);
        Send(log, 3, 0, count: 2);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 3, 3).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 3, 1).Error);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Send(log, 2, 2).Error);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 4, 2).Error);
        Assert.Equal((ErrorCode.None, 2), Send(log, 4, 0, count: 2)); // The same sequences as of epoch 3, and no duplicate.
        Assert.Equal((ErrorCode.None, 2), Send(log, 4, 0, count: 2));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Send(log, 3, 0, count: 2).Error);
        Assert.Equal(4, log.ReadEnd().Offset);
        log.Release();
    }

    [Fact]
    public void A_producer_that_the_partition_does_not_know_may_begin_at_any_sequence() // I4
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal((ErrorCode.None, 0), Send(log, 0, 100));
        Assert.Equal((ErrorCode.None, 1), Send(log, 0, 101));
        log.Release();
    }

    [Fact]
    public void A_failed_append_leaves_the_producer_as_it_was() // L6
    {
        var faulty = new FaultyStorage(_storage);
        PartitionLog log = Logs.Open(faulty);
        faulty.Allocation = IoResult.NoSpace;
        Assert.Equal(ErrorCode.KafkaStorageError, Send(log, 0, 0).Error);
        Assert.Equal(ErrorCode.KafkaStorageError, Send(log, 0, 0).Error);
        faulty.Allocation = IoResult.Ok;
        Assert.Equal((ErrorCode.None, 0), Send(log, 0, 0));
        Assert.Equal((ErrorCode.None, 1), Send(log, 0, 1));
        log.Release();
    }

    [Fact]
    public void Producers_outlive_their_records_and_expire_by_the_engine_s_clock_alone() // I5, I6
    {
        PartitionLog log = Logs.Open(_storage);
        Send(log, 0, 0, count: 5);
        Assert.True(log.DeleteRecords(5));
        Assert.Equal(0, log.ExpireProducers(nowMs: 1_000_000, expirationMs: 1000, wall: ExpiryTime.Exactly(log.NowMs))); // Seen for the first time now, whatever its records say.
        Assert.Equal(0, log.ExpireProducers(1_000_999, 1000, ExpiryTime.Exactly(log.NowMs)));
        Assert.Equal((ErrorCode.None, 0), Send(log, 0, 0, count: 5));
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 0, 7).Error);
        Assert.Equal(1, log.ExpireProducers(1_001_000, 1000, ExpiryTime.Exactly(log.NowMs)));
        Assert.Equal((ErrorCode.None, 5), Send(log, 0, 7));
        log.Release();
    }

    [Fact]
    public void A_producer_with_an_open_transaction_does_not_expire() // I5
    {
        PartitionLog log = Logs.Open(_storage);
        log.Producers.AddToTransaction(Producer, 0, bumpsEpoch: false);
        log.ExpireProducers(0, 1000, ExpiryTime.Exactly(log.NowMs));
        Assert.Equal(0, log.ExpireProducers(5000, 1000, ExpiryTime.Exactly(log.NowMs)));
        Assert.Equal((ErrorCode.None, 0), Send(log, 0, 0, isTransactional: true));
        log.ExpireProducers(6000, 1000, ExpiryTime.Exactly(log.NowMs));
        Assert.Equal(0, log.ExpireProducers(9000, 1000, ExpiryTime.Exactly(log.NowMs)));
        Assert.Equal(ErrorCode.None, End(log, 0, isCommit: true).Error);
        log.ExpireProducers(10_000, 1000, ExpiryTime.Exactly(log.NowMs));
        Assert.Equal(1, log.ExpireProducers(11_000, 1000, ExpiryTime.Exactly(log.NowMs)));
        log.Release();
    }

    [Fact]
    public void An_expired_producer_is_not_in_the_next_snapshot()
    {
        PartitionLog log = Logs.Open(_storage, new LogSettings { IndexIntervalBytes = 0 }); // Indexed, so that the snapshot is trusted.
        Send(log, 0, 0);
        log.Append(Batches.OfProducer(Producer + 1, 0, 0));
        log.ExpireProducers(0, 1000, ExpiryTime.Exactly(log.NowMs));
        log.Append(Batches.OfProducer(Producer + 1, 0, 1));
        Assert.Equal(1, log.ExpireProducers(1000, 1000, ExpiryTime.Exactly(log.NowMs)));
        log = Reopen(log, isClean: true);
        Assert.Equal([Producer + 1], log.Producers.All.Select(static producer => producer.ProducerId));
        log.Release();
    }

    [Fact]
    public void A_transactional_batch_needs_the_partition_in_its_transaction() // T4
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal(ErrorCode.TransactionAbortable, Send(log, 0, 0, isTransactional: true).Error);
        log.Producers.AddToTransaction(Producer, 1, bumpsEpoch: false);
        Assert.Equal(ErrorCode.TransactionAbortable, Send(log, 0, 0, isTransactional: true).Error);
        Assert.Equal((ErrorCode.None, 0), Send(log, 1, 0, isTransactional: true));
        Assert.Equal(ErrorCode.InvalidTxnState, Send(log, 1, 1).Error);
        Assert.Equal((ErrorCode.None, 1), Send(log, 1, 1, isTransactional: true));
        Assert.Equal(ErrorCode.TransactionAbortable, Send(log, 2, 0, isTransactional: true).Error); // Else the marker of epoch 1 would come too late.
        Assert.Equal(0, log.LastStableOffset);
        Assert.Equal((ErrorCode.None, 2), End(log, 1, isCommit: true));
        Assert.Equal(3, log.LastStableOffset);
        Assert.Equal(ErrorCode.TransactionAbortable, Send(log, 1, 2, isTransactional: true).Error); // Late: it would never be ended.
        Assert.Equal((ErrorCode.None, 1), Send(log, 1, 1, isTransactional: true)); // A retry of what is there.
        log.Release();
    }

    [Fact]
    public void A_new_epoch_does_not_enter_a_transaction_that_has_not_ended() // T4, T11
    {
        PartitionLog log = Logs.Open(_storage);
        log.Producers.AddToTransaction(Producer, 5, bumpsEpoch: true);
        Assert.Equal((ErrorCode.None, 0), Send(log, 5, 0, isTransactional: true));
        log.Producers.AddToTransaction(Producer, 6, bumpsEpoch: true); // The marker of epoch 6 could not be written.
        Assert.Equal(ErrorCode.ConcurrentTransactions, Send(log, 6, 0, isTransactional: true).Error);
        Assert.Equal((ErrorCode.None, 1), End(log, 6, isCommit: true, bumpsEpoch: true));
        log.Producers.AddToTransaction(Producer, 6, bumpsEpoch: true);
        Assert.Equal((ErrorCode.None, 2), Send(log, 6, 0, isTransactional: true));
        log.Release();
    }

    [Fact]
    public void With_an_epoch_a_transaction_an_unknown_producer_begins_at_0()
    {
        PartitionLog log = Logs.Open(_storage);
        log.Producers.AddToTransaction(Producer, 5, bumpsEpoch: true);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, Send(log, 5, 3, isTransactional: true).Error);
        Assert.Equal((ErrorCode.None, 0), Send(log, 5, 0, isTransactional: true));
        log.Release();
    }

    [Fact]
    public void A_marker_is_written_once_and_its_opposite_is_an_error() // T7
    {
        PartitionLog log = Logs.Open(_storage);
        log.Producers.AddToTransaction(Producer, 0, bumpsEpoch: true);
        Send(log, 0, 0, count: 2, isTransactional: true);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, log.Append(new TransactionMarker(Producer, 0, true, 0, BumpsEpoch: true)).Error); // Not newer than the data.
        Assert.Equal((ErrorCode.None, 2), End(log, 1, isCommit: false, bumpsEpoch: true));
        Assert.Equal((ErrorCode.None, 2), End(log, 1, isCommit: false, bumpsEpoch: true));
        Assert.Equal(ErrorCode.InvalidTxnState, End(log, 1, isCommit: true, bumpsEpoch: true).Error);
        Assert.Equal(3, log.ReadEnd().Offset);
        log.Release();
    }

    [Fact]
    public void A_marker_of_an_old_epoch_or_an_old_coordinator_is_refused() // T3
    {
        PartitionLog log = Logs.Open(_storage);
        log.Producers.AddToTransaction(Producer, 4, bumpsEpoch: false);
        Send(log, 4, 0, isTransactional: true);
        Assert.Equal(ErrorCode.InvalidProducerEpoch, End(log, 3, isCommit: true).Error);
        Assert.Equal((ErrorCode.None, 1), End(log, 4, isCommit: true, coordinatorEpoch: 9));
        log.Producers.AddToTransaction(Producer, 4, bumpsEpoch: false);
        Send(log, 4, 1, isTransactional: true);
        Assert.Equal(ErrorCode.TransactionCoordinatorFenced, End(log, 4, isCommit: true, coordinatorEpoch: 8).Error);
        Assert.Equal(2, log.LastStableOffset);
        log.Release();
    }

    [Fact]
    public async Task Threads_that_share_a_producer_append_each_batch_once_and_in_order() // I8
    {
        PartitionLog log = Logs.Open(_storage, new LogSettings { SegmentBytes = 2000 });
        const int BatchCount = 2000;
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            // Every thread retries every batch until it is appended: early batches are refused,
            // late ones get the first one's offset.
            for (int i = Volatile.Read(ref next); i < BatchCount; i = Volatile.Read(ref next))
            {
                (ErrorCode error, long offset) = Send(log, 0, i);
                Assert.True(error is ErrorCode.None or ErrorCode.OutOfOrderSequenceNumber, $"{error}");
                if (error == ErrorCode.None)
                {
                    Assert.Equal(i, offset);
                    Interlocked.CompareExchange(ref next, i + 1, i);
                }
            }
        })));
        Assert.Equal(BatchCount, log.ReadEnd().Offset);
        log.Release();
    }

    private static (ErrorCode Error, long Offset) Send(PartitionLog log, short epoch, int sequence, int count = 1, bool isTransactional = false)
    {
        Appended result = log.Append(Batches.OfProducer(Producer, epoch, sequence, count, isTransactional));
        return (result.Error, result.BaseOffset);
    }

    private static (ErrorCode Error, long Offset) End(PartitionLog log, short epoch, bool isCommit, bool bumpsEpoch = false, int coordinatorEpoch = 0)
    {
        Appended result = log.Append(new TransactionMarker(Producer, epoch, isCommit, coordinatorEpoch, bumpsEpoch));
        return (result.Error, result.BaseOffset);
    }

    private PartitionLog Reopen(PartitionLog log, bool isClean)
    {
        if (isClean)
        {
            Assert.True(log.Close().IsOk);
        }

        log.Release();
        return Logs.Open(_storage, inputs: new RecoveryInputs(isClean));
    }
}
