using CsCheck;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>What a log knows beside its records after a restart.</summary>
public sealed class RestartTests
{
    private static readonly LogSettings s_settings = new() { SegmentBytes = 2048, IndexIntervalBytes = 200 };

    private static readonly Gen<Damage> s_damage = Gen.Select(Gen.Int[0, 99], Gen.Enum<DamageKind>(), Gen.Int[1, 19], static (file, kind, amount) => new Damage(file, kind, amount));

    [Fact]
    public void Any_damage_to_index_files_gives_the_same_answers() => Property.HoldsForHistories(Gen.Bool, s_damage, 40, static (isClean, damages) =>
    {
        using var storage = new MemoryStorage();
        Fill(storage, 60);
        PartitionLog before = Logs.Open(storage, s_settings, inputs: RecoveryInputs.CleanShutdown);
        string expected = Indexes(before);
        before.Release();

        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        string[] indexes = [.. names.Where(static name => name.EndsWith("index", StringComparison.Ordinal))];
        foreach (Damage damage in damages)
        {
            Do(damage, storage, $"{Logs.Directory}/{indexes[damage.File % indexes.Length]}");
        }

        PartitionLog after = Logs.Open(storage, s_settings, inputs: new RecoveryInputs(isClean));
        Assert.Equal(expected, Indexes(after));
        Assert.Equal(120, Logs.ReadAll(after).Count);
        after.Release();
    });

    [Fact]
    public void An_index_finds_the_same_batch_as_a_scan_from_the_beginning()
    {
        using var storage = new MemoryStorage();
        Fill(storage, 60);
        PartitionLog log = Logs.Open(storage, s_settings, inputs: RecoveryInputs.CleanShutdown);
        for (long offset = 0; offset < 120; offset++)
        {
            LogSegment segment = log.FloorSegment(offset);
            int position = segment.Offsets.FloorPosition((int)(offset - segment.BaseOffset));
            Assert.True(RecordBatchView.TryRead(segment.Bytes(position, SegmentWord.Position(segment.Published) - position), out RecordBatchView batch));
            Assert.True(batch.BaseOffset <= offset, $"the index leads past offset {offset}");
        }

        log.Release();
    }

    [Fact]
    public async Task A_new_leader_epoch_begins_after_an_unclean_end_and_only_then()
    {
        using var storage = new MemoryStorage();
        var epochs = new List<int>();
        for (int i = 0; i < 5; i++)
        {
            bool isClean = i is 1 or 3;
            Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of($"{i}"), Acks.All);
            using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, i)] });
            RecordBatchView.TryRead(response.Partitions[0].Records.Span, out RecordBatchView batch);
            epochs.Add(batch.PartitionLeaderEpoch);
            await broker.DisposeAsync();
            if (!isClean)
            {
                storage.Delete(".kafka_cleanshutdown");
            }
        }

        Assert.Equal([0, 1, 1, 2, 2], epochs);
        Assert.Equal("0\n3\n0 0\n1 1\n2 3\n", CheckpointFile.Read(storage, "orders-0/leader-epoch-checkpoint"));
    }

    [Fact]
    public void An_epoch_that_a_crash_left_without_records_is_that_of_the_next_ones()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, s_settings);
        Append(log, 0, 5);
        log.Release();
        PartitionLog recovered = Logs.Open(storage, s_settings);
        Assert.True(recovered.Close().IsOk);
        recovered.Release();
        PartitionLog closed = Logs.Open(storage, s_settings, inputs: RecoveryInputs.CleanShutdown);
        Append(closed, 5, 6);
        Assert.True(closed.Close().IsOk);
        closed.Release();
        Assert.Equal("0\n2\n0 0\n1 10\n", CheckpointFile.Read(storage, "orders-0/leader-epoch-checkpoint"));
        Soundness.AssertClosed(storage);
    }

    [Fact]
    public void An_epoch_whose_records_a_crash_took_is_not_given_out_again()
    {
        using var storage = new MemoryStorage();
        PartitionLog second = FillTwice(storage, 5, 6);
        second.Release();

        // A power cut takes the records of epoch 1, and some of epoch 0 with them.
        storage.Open($"orders-0/{LogFiles.Segment(0)}", FileOpening.Existing, out IStorageFile? file);
        file!.SetLength(Batches.Of("0", "").Length);
        file.Dispose();
        PartitionLog third = Logs.Open(storage, s_settings);
        Assert.Equal("0\n2\n0 0\n2 2\n", CheckpointFile.Read(storage, "orders-0/leader-epoch-checkpoint"));
        third.Release();
    }

    [Theory]
    [InlineData(0, 18)]
    [InlineData(18, 18)]
    [InlineData(20, 20)]
    public void A_batch_with_an_older_epoch_than_the_one_before_was_torn_unless_it_was_flushed(long recoveryPoint, long end)
    {
        using var storage = new MemoryStorage();
        PartitionLog second = FillTwice(storage, 5, 10);
        LogSegment segment = second.Segments[^1];
        int last = segment.Offsets.FloorPosition((int)(18 - segment.BaseOffset));
        while (RecordBatchView.TryRead(segment.Bytes(last, SegmentWord.Position(segment.Published) - last), out RecordBatchView batch) && batch.BaseOffset < 18)
        {
            last += batch.SizeBytes;
        }

        string path = segment.Path;
        second.Release();

        // The epoch is outside of the checksum.
        storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        file!.Write(last + BatchLayout.PartitionLeaderEpoch, [0, 0, 0, 0]);
        file.Dispose();
        PartitionLog third = Logs.Open(storage, s_settings, inputs: new RecoveryInputs(false, recoveryPoint));
        Assert.Equal(end, third.ReadEnd().Offset);
        third.Release();
    }

    [Fact]
    public void A_close_replaces_epochs_whose_records_a_crash_took()
    {
        using var life = new BrokerLife();
        life.Broker.CreateTopic(new NewTopic("orders"));
        life.Wait(life.Broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("0"), Acks.All));
        life.Restart(isClean: false);
        life.Wait(life.Broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("1"), Acks.All));
        Assert.Equal("0\n2\n0 0\n1 1\n", CheckpointFile.Read(life.Storage, "orders-0/leader-epoch-checkpoint"));
        life.Storage.Delete($"orders-0/{LogFiles.Segment(0)}");
        life.Restart(isClean: false);
        life.Restart(isClean: true);
        Assert.Equal("0\n1\n2 0\n", CheckpointFile.Read(life.Storage, "orders-0/leader-epoch-checkpoint"));
    }

    [Fact]
    public void An_old_epoch_at_the_recovery_s_first_batch_does_not_push_newer_ones_aside()
    {
        using var storage = new MemoryStorage();
        PartitionLog second = FillTwice(storage, 40, 80);
        Assert.True(second.Close().IsOk);
        second.Release();
        PartitionLog third = Logs.Open(storage, s_settings, inputs: new RecoveryInputs(false, RecoveryPoint: 100));
        Assert.Equal("0\n3\n0 0\n1 80\n2 160\n", CheckpointFile.Read(storage, "orders-0/leader-epoch-checkpoint"));
        third.Release();
    }

    [Fact]
    public async Task A_group_above_a_recovered_end_is_durably_reset_to_it()
    {
        using var storage = new MemoryStorage();
        await using (Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) }))
        {
            broker.CreateTopic(new NewTopic("orders"));
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("a", "b"), Acks.Leader);
            await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("c", "d"), Acks.Leader);
            await broker.Groups.CommitOffsetsAsync("billing", "", -1, [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(4))]);
        }

        // A power cut: the second batch was in the page cache only.
        storage.Delete(".kafka_cleanshutdown");
        storage.Delete("recovery-point-offset-checkpoint");
        storage.Open($"orders-0/{LogFiles.Segment(0)}", FileOpening.Existing, out IStorageFile? file);
        file!.SetLength(Batches.Of("a", "b").Length);
        file.Dispose();

        for (int i = 0; i < 2; i++)
        {
            await using Broker broker = Broker.Open(new BrokerSettings { Storage = new CheckedStorage(storage) });
            Assert.Equal(2, broker.Groups.FetchOffsets("billing", [BrokerExtensions.Orders])[0].Committed!.Value.Offset);
        }
    }

    [Fact]
    public void Recovery_reads_only_what_came_since_the_last_checkpoint()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        storage.CreateDirectory(Logs.Directory);
        PartitionLog log = Logs.Open(storage, s_settings);
        Append(log, 0, 60);
        log.FlushSealed();
        long recoveryPoint = log.RecoveryPoint;
        Assert.Equal(120, recoveryPoint);
        log.Release();

        PartitionLog reopened = Logs.Open(storage, s_settings, new RecoveryInputs(false, recoveryPoint));
        int indexed = reopened.Segments.Count(static segment => segment.IndexFilesState == IndexFilesState.Durable);
        Assert.Equal(reopened.Segments.Length - 1, indexed);
        Assert.Equal(120, Logs.ReadAll(reopened).Count);
        reopened.Release();
    }

    private static void Fill(MemoryStorage storage, int batches)
    {
        PartitionLog log = Logs.Open(storage, s_settings);
        Append(log, 0, batches);
        Assert.True(log.Close().IsOk);
        Soundness.AssertClosed(storage);
        log.Release();
    }

    /// <summary>Fills a log and, after an unclean end, again: in epochs 0 and 1. The second one is open.</summary>
    private static PartitionLog FillTwice(MemoryStorage storage, int first, int end)
    {
        PartitionLog log = Logs.Open(storage, s_settings);
        Append(log, 0, first);
        log.Release();
        PartitionLog second = Logs.Open(storage, s_settings);
        Append(second, first, end);
        return second;
    }

    private static void Append(PartitionLog log, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batches.Of($"{i}", new string('x', i % 40))).Error);
        }
    }

    private static string Indexes(PartitionLog log) => string.Join("\n", log.Segments.Select(static segment =>
    {
        // A trusted file and a rebuilt one end alike once the segment is closed again.
        segment.Times.AppendNoted();
        return $"{segment.BaseOffset}: {string.Join(",", segment.Offsets.Entries.ToArray())} / {string.Join(",", segment.Times.Entries.ToArray())}";
    }));

    private static void Do(Damage damage, MemoryStorage storage, string path)
    {
        if (!storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk)
        {
            return; // It is deleted already.
        }

        file!.Length(out long length);
        switch (damage.Kind)
        {
            case DamageKind.Deleted:
                storage.Delete(path);
                break;
            case DamageKind.Empty:
                file.SetLength(0);
                break;
            case DamageKind.Longer:
                file.SetLength(length + (damage.Amount % 5 * 24));
                break;
            default:
                file.SetLength(Math.Max(0, length - damage.Amount));
                break;
        }

        file.Dispose();
    }

    private enum DamageKind
    {
        Deleted,
        Empty,
        Longer,
        Shorter,
    }

    private sealed record Damage(int File, DamageKind Kind, int Amount);
}
