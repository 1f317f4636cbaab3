using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>What opening a log makes of files that a process left when it was killed.</summary>
public sealed class RecoveryTests
{
    private static readonly LogSettings s_smallSegments = new() { SegmentBytes = 2048, IndexIntervalBytes = 256 };

    [Fact]
    public void A_log_killed_while_it_copied_keeps_every_published_batch_and_serves_no_half_one() => Property.HoldsForSeeds(100, static seed =>
    {
        var random = new Random(seed);
        using var storage = new MemoryStorage();
        int published = random.Next(0, 60);
        Fill(storage, published, random.Next(2) == 0 ? 2048 : 1 << 20);
        WriteUnpublished(storage, published, random);

        PartitionLog log = Logs.Open(storage, out RecoveredLog recovered, s_smallSegments);
        List<(long Offset, string Value)> records = Logs.ReadAll(log);
        Assert.Equal(Expected(published), records.Select(static record => record.Value));
        Assert.Equal(published * 2, recovered.Segments[^1].BaseOffset + SegmentWord.RelativeOffset(recovered.Segments[^1].Published));

        // What comes next joins on, and opening once more changes nothing.
        log.Append(Batches.Of("later", "later still"));
        log.Release();
        PartitionLog again = Logs.Open(storage, out RecoveredLog second, s_smallSegments);
        Assert.Equal([.. Expected(published), "later", "later still"], Logs.ReadAll(again).Select(static record => record.Value));
        Assert.Equal(0, second.DiscardedBytes);
        again.Release();
    });

    [Fact]
    public void A_zero_tail_is_cut_and_not_counted_as_loss()
    {
        using var storage = new MemoryStorage();
        Fill(storage, 3);
        PartitionLog log = Logs.Open(storage, out RecoveredLog recovered);
        Assert.Equal(0, recovered.DiscardedBytes);
        Assert.Equal(6, log.ReadEnd().Offset);
        Assert.Equal(log.ReadEnd().Position, Length(storage, Logs.Directory + "/" + LogFiles.Segment(0)));
        log.Release();
    }

    [Fact]
    public void Damage_in_flushed_data_is_reported_with_file_and_offset_and_nothing_is_cut()
    {
        using var storage = new MemoryStorage();
        Fill(storage, 10, close: true);
        string path = Logs.Directory + "/" + LogFiles.Segment(0);
        long length = Length(storage, path);
        Overwrite(storage, path, 150, [0xFF]);

        StorageException damage = Assert.Throws<StorageException>(() => Logs.Open(storage, inputs: new RecoveryInputs(false, RecoveryPoint: 20)));
        Assert.Contains(path, damage.Message);
        Assert.Contains("offset 2", damage.Message);
        Assert.Equal(length, Length(storage, path));
    }

    [Fact]
    public void A_segment_that_does_not_follow_its_predecessor_is_dropped_with_all_later_ones()
    {
        using var storage = new MemoryStorage();
        Fill(storage, 60, 2048);
        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        string[] segments = [.. names.Where(static name => name.EndsWith(".log", StringComparison.Ordinal))];
        Assert.True(segments.Length > 3);
        Assert.True(LogFiles.TryParseSegment(segments[1], out long end));
        storage.Delete($"{Logs.Directory}/{segments[1]}");

        PartitionLog log = Logs.Open(storage, out RecoveredLog recovered, s_smallSegments);
        Assert.Equal(end, log.ReadEnd().Offset);
        Assert.True(recovered.DiscardedBatches > 0);
        storage.List(Logs.Directory, out names);
        Assert.Equal([segments[0]], names.Where(static name => name.EndsWith(".log", StringComparison.Ordinal)));
        log.Release();
    }

    [Theory]
    [InlineData(".log.cleaned", false)]
    [InlineData(".log.swap", true)]
    public void An_interrupted_cleaning_is_undone_before_its_swap_and_finished_after_it(string suffix, bool isFinished)
    {
        using var storage = new MemoryStorage();
        Fill(storage, 60, 2048, close: true);
        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        long[] bases = [.. names.Where(static name => name.EndsWith(".log", StringComparison.Ordinal)).Select(static name => LogFiles.TryParseSegment(name, out long offset) ? offset : -1)];

        // The cleaner made one batch of the first two segments, with the last record of the second.
        byte[] batch = Batches.Of("cleaned");
        BinaryPrimitives.WriteInt64BigEndian(batch, bases[2] - 1);
        storage.Open($"{Logs.Directory}/{LogFiles.Of(0, suffix)}", FileOpening.New, out IStorageFile? file);
        file!.Write(0, batch);
        file.Dispose();

        PartitionLog log = Logs.Open(storage, s_smallSegments with { IsCompacted = true }, RecoveryInputs.CleanShutdown);
        string[] values = [.. Logs.ReadAll(log).Select(static record => record.Value)];
        Assert.Equal(isFinished ? ["cleaned", .. Expected(60).Skip((int)bases[2])] : Expected(60), values);
        Assert.Equal(120, log.ReadEnd().Offset);
        log.Release();
        storage.List(Logs.Directory, out names);
        Assert.DoesNotContain(names, name => name.EndsWith(".cleaned", StringComparison.Ordinal) || name.EndsWith(".swap", StringComparison.Ordinal));
        Assert.Equal(!isFinished, names.Contains(LogFiles.Segment(bases[1])));
    }

    [Fact]
    public void A_clean_shutdown_leaves_no_byte_after_the_last_batch()
    {
        using var storage = new MemoryStorage();
        Fill(storage, 60, 2048, close: true);
        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        foreach (string name in names.Where(static name => name.EndsWith(".log", StringComparison.Ordinal)))
        {
            storage.Open($"{Logs.Directory}/{name}", FileOpening.Existing, out IStorageFile? file);
            byte[] bytes = new byte[Length(storage, $"{Logs.Directory}/{name}")];
            file!.Read(0, bytes, out _);
            Assert.NotEmpty(Batches.Read(bytes));
            ReadOnlySpan<byte> rest = bytes;
            while (RecordBatchView.TryRead(rest, out RecordBatchView batch))
            {
                rest = rest[batch.SizeBytes..];
            }

            Assert.Equal(0, rest.Length);
            file.Dispose();
        }
    }

    [Fact]
    public void Reading_from_any_offset_gives_the_rest_of_the_log() => Property.HoldsForSeeds(100, static seed =>
    {
        var random = new Random(seed);
        using var storage = new MemoryStorage();
        int batches = random.Next(1, 80);
        Fill(storage, batches, random.Next(2) == 0 ? 2048 : 1 << 20);
        PartitionLog log = Logs.Open(storage, s_smallSegments);
        string[] all = [.. Expected(batches)];
        for (int i = 0; i <= all.Length; i++)
        {
            Assert.Equal(all.Skip(i), Logs.ReadAll(log, i, random.Next(1, 3000)).Select(static record => record.Value));
        }

        log.Release();
    });

    [Fact]
    public void A_truncation_is_durable_before_the_log_is_open()
    {
        using var memory = new MemoryStorage();
        Fill(memory, 40, 2048);
        memory.List(Logs.Directory, out IReadOnlyList<string> names);
        string[] segments = [.. names.Where(static name => name.EndsWith(".log", StringComparison.Ordinal)).Select(static name => $"{Logs.Directory}/{name}")];
        long length = Length(memory, segments[0]);
        memory.Open(segments[0], FileOpening.Existing, out IStorageFile? file);
        file!.SetLength(length + 4096); // An appender that was late has grown it once more.
        file.Dispose();
        var storage = new FaultyStorage(memory) { Operations = [] };
        Logs.Open(storage, s_smallSegments).Release();
        foreach (string truncated in (string[])[segments[0], segments[^1]])
        {
            int at = storage.Operations.IndexOf($"truncate {truncated}");
            Assert.True(at >= 0, truncated);
            Assert.Contains($"flush {truncated}", storage.Operations.Skip(at));
        }

        Assert.Equal(length, Length(memory, segments[0]));
    }

    [Fact]
    public void A_leader_epoch_is_never_used_twice_although_a_power_cut_took_all_records() // S11, KIP-320
    {
        using var storage = new MemoryStorage();
        var epochs = new HashSet<int>();
        for (int i = 0; i < 5; i++)
        {
            PartitionLog log = Logs.Open(storage);
            Assert.True(epochs.Add(log.LeaderEpoch), $"epoch {log.LeaderEpoch} is used twice");
            log.Append(Batches.Of("seen by a reader, then lost"));
            log.Release();
            storage.Open($"{Logs.Directory}/{LogFiles.Segment(0)}", FileOpening.Truncated, out IStorageFile? file);
            file!.Dispose();
        }

        // A clean end took nothing.
        PartitionLog last = Logs.Open(storage);
        Assert.True(last.Close().IsOk);
        last.Release();
        PartitionLog clean = Logs.Open(storage, inputs: RecoveryInputs.CleanShutdown);
        Assert.Equal(last.LeaderEpoch, clean.LeaderEpoch);
        clean.Release();
    }

    [Fact]
    public void A_log_that_begins_again_at_its_start_offset_does_not_refuse_the_next_batch_of_a_producer() // I1, W6
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage);
        Assert.Equal(ErrorCode.None, log.Append(TransactionalClient.Batch(7, 0, 0, "first", BatchAttributes.None)).Error);
        Assert.True(log.Close().IsOk); // Leaves a snapshot of the producer at offset 1.
        log.Release();
        log = Logs.Open(storage, inputs: RecoveryInputs.CleanShutdown);
        Assert.Equal(ErrorCode.None, log.Append(TransactionalClient.Batch(7, 0, 1, "second", BatchAttributes.None)).Error);
        log.Release();

        // The records up to offset 4 were deleted, and a power loss took the last two of them.
        log = Logs.Open(storage, out _, inputs: new RecoveryInputs(false, LogStartOffset: 4));
        Assert.Equal((4, 4), (log.LogStartOffset, log.ReadEnd().Offset));
        Assert.Equal(ErrorCode.None, log.Append(TransactionalClient.Batch(7, 0, 2, "third", BatchAttributes.None)).Error);
        log.Release();
    }

    private static IEnumerable<string> Expected(int batches) => Enumerable.Range(0, batches * 2).Select(static i => $"{i} {new string('x', i % 50)}");

    private static void Fill(MemoryStorage storage, int batches, int segmentBytes = 1 << 20, bool close = false)
    {
        PartitionLog log = Logs.Open(storage, s_smallSegments with { SegmentBytes = segmentBytes });
        string[] values = [.. Expected(batches)];
        for (int i = 0; i < values.Length; i += 2)
        {
            log.Append(Batches.Of(values[i], values[i + 1]));
        }

        if (close)
        {
            Assert.True(log.Close().IsOk);
            Soundness.AssertClosed(storage);
        }

        // Without a close this is what kill -9 leaves: the files as they are.
        log.Release();
    }

    /// <summary>
    /// Leaves what appenders leave that are killed between reserving and publishing: any
    /// part of each copy, followed by whole batches.
    /// </summary>
    private static void WriteUnpublished(MemoryStorage storage, int published, Random random)
    {
        storage.List(Logs.Directory, out IReadOnlyList<string> names);
        string path = $"{Logs.Directory}/{names.Last(static name => name.EndsWith(".log", StringComparison.Ordinal))}";
        byte[] content = new byte[Length(storage, path)];
        storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        file!.Read(0, content, out _);
        int position = 0;
        while (RecordBatchView.TryRead(content.AsSpan(position), out RecordBatchView batch))
        {
            position += batch.SizeBytes;
        }

        long offset = published * 2;
        int count = random.Next(0, 4);
        for (int i = 0; i < count; i++)
        {
            byte[] batch = Batches.Of($"unpublished {i}", "x");
            BinaryPrimitives.WriteInt64BigEndian(batch, offset);
            if (i == 0 || random.Next(2) == 0)
            {
                // The first one is never whole: it is what holds back the published end.
                for (int chunk = 0; chunk < batch.Length; chunk += 16)
                {
                    if (random.Next(2) == 0)
                    {
                        batch.AsSpan(chunk, Math.Min(16, batch.Length - chunk)).Clear();
                    }
                }

                batch[BatchLayout.Magic] = 0;
            }

            file.Write(position, batch);
            position += batch.Length;
            offset += 2;
        }

        file.Dispose();
    }

    private static long Length(MemoryStorage storage, string path)
    {
        Assert.True(storage.Open(path, FileOpening.Existing, out IStorageFile? file).IsOk);
        file!.Length(out long length);
        file.Dispose();
        return length;
    }

    private static void Overwrite(MemoryStorage storage, string path, long position, byte[] bytes)
    {
        storage.Open(path, FileOpening.Existing, out IStorageFile? file);
        file!.Write(position, bytes);
        file.Dispose();
    }
}
