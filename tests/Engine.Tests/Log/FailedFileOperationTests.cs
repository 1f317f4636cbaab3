using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// File operations that fail beside the records: of indexes, of snapshots, and of what
/// a close or a recovery deletes.
/// </summary>
public sealed class FailedFileOperationTests : IDisposable
{
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;

    public FailedFileOperationTests()
    {
        _storage = new FaultyStorage(_memory);
    }

    [Fact]
    public void A_snapshot_of_producers_that_a_roll_could_not_write_is_written_by_the_close()
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        Fail("write", ProducerSnapshot.Suffix, IoResult.NoSpace);
        Assert.True(log.Upkeep.Roll(log.Active).IsOk);
        Assert.Null(ProducerSnapshot.Read(_memory, Logs.Directory, 1));

        _storage.Failing = null;
        Assert.True(log.Close().IsOk);
        log.Release();
        Assert.NotNull(ProducerSnapshot.Read(_memory, Logs.Directory, 1));
    }

    [Fact]
    public void Index_files_that_cannot_be_written_are_reported_and_the_recovery_point_waits_for_them()
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        Fail("write", LogFiles.TimeIndexSuffix, IoResult.NoSpace);
        Assert.True(log.Upkeep.Roll(log.Active).IsOk);
        Assert.Equal(IoResult.NoSpace, log.FlushSealed());
        Assert.Equal(0, log.RecoveryPoint);

        _storage.Failing = null;
        Assert.Equal(IoResult.Ok, log.FlushSealed());
        Assert.Equal(1, log.RecoveryPoint);
        log.Release();
    }

    [Theory]
    [InlineData(LogFiles.OffsetIndexSuffix, 0)]
    [InlineData(LogFiles.TimeIndexSuffix, 0)]
    [InlineData(LogFiles.TransactionIndexSuffix, 0)]
    [InlineData(ProducerSnapshot.Suffix, 77)] // Of records that are not in the log.
    public void Recovery_does_not_open_a_log_with_a_stale_file_that_it_cannot_delete(string suffix, long offset)
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.True(log.Close().IsOk);
        log.Release();
        string path = $"{Logs.Directory}/{LogFiles.Of(offset, suffix)}";
        Assert.True(_memory.Open(path, FileOpening.Truncated, out IStorageFile? file).IsOk);
        Assert.True(file!.Write(0, new byte[24]).IsOk);
        file.Dispose();

        Fail("delete", suffix, IoResult.DeviceError);
        var failure = Assert.Throws<StorageException>(() => Logs.Open(_storage));
        Assert.Contains($"Deleting '{path}' failed", failure.Message, StringComparison.Ordinal);

        _storage.Failing = null;
        Logs.Open(_storage).Release();
        Assert.Equal(IoResult.NotFound, _memory.Open(path, FileOpening.Existing, out _));
    }

    [Fact]
    public void A_close_that_fails_answers_those_who_wait_for_a_flush()
    {
        PartitionLog log = Logs.Open(_storage);
        Assert.Equal(ErrorCode.None, log.Append(Batches.Of("a")).Error);
        ValueTask<ErrorCode> durable = log.Flusher.WhenDurable(1, out _);
        Fail("rename", LogFiles.SpareSuffix, IoResult.DeviceError);
        Assert.Equal(IoResult.DeviceError, log.Upkeep.Roll(log.Active)); // Sealed, and without a successor.

        Assert.Equal(IoResult.DeviceError, log.Close());
        Assert.True(durable.IsCompleted);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, durable.Result);
        log.Release();
    }

    [Fact]
    public async Task A_startup_that_cannot_flush_a_log_with_unknown_gaps_does_not_write_checkpoints_that_vouch_for_it()
    {
        var compacted = new NewTopic("orders") { Configs = new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["segment.bytes"] = "200" } };
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = _storage }))
        {
            Assert.True(broker.CreateTopic(compacted).IsSuccess);
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, Keyed(i), Acks.Leader)).Error);
            }

            broker.FindLog(BrokerExtensions.Orders)!.Upkeep.CleanedOffset = 2;
        }

        const string RecoveryPoints = "recovery-point-offset-checkpoint";
        _memory.Delete(".kafka_cleanshutdown");
        _memory.Delete(RecoveryPoints);
        Fail("write", LogFiles.TimeIndexSuffix, IoResult.NoSpace);
        var failure = Assert.Throws<StorageException>(() => Broker.Open(new BrokerSettings { Storage = _storage }));
        Assert.Contains("Flushing orders-0 failed: no space is left", failure.Message, StringComparison.Ordinal);
        Assert.Equal(IoResult.NotFound, _memory.Open(RecoveryPoints, FileOpening.Existing, out _)); // The next startup is careful again.

        _storage.Failing = null;
        await using Broker again = Broker.Open(new BrokerSettings { Storage = _storage });
        Assert.Equal(5, again.FindLog(BrokerExtensions.Orders)!.ReadEnd().Offset);
    }

    public void Dispose() => _memory.Dispose();

    private static byte[] Keyed(int number)
    {
        var builder = new RecordBatchBuilder(new byte[300]);
        builder.Append(1000, [(byte)number], false, new byte[50], false);
        return builder.Build().ToArray();
    }

    private void Fail(string operation, string suffix, IoResult result) => _storage.Failing = (done, path) =>
        done == operation && path.Contains(suffix, StringComparison.Ordinal) ? result : IoResult.Ok;
}
