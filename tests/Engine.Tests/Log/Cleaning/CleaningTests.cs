using Engine.Tests.Records.Compression;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Log.Cleaning;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Engine.Tests.Log.Cleaning;

/// <summary>What a cleaning keeps, what it takes, and when.</summary>
public sealed class CleaningTests
{
    private const long Now = 10_000;

    [Fact]
    public void Only_the_last_record_of_a_key_stays_and_offsets_do_not_change() // C1, C2
    {
        using var log = new KeyedLog();
        log.Put(("a", "1"), ("b", "1"), ("c", "1")).Put(("a", "2")).Roll().Put(("b", "2"), ("d", "1")).Roll().Put(("c", "9"));
        Assert.Equal(6, log.Log.Clean(Now));
        Assert.Equal([(2, "c", "1"), (3, "a", "2"), (4, "b", "2"), (5, "d", "1"), (6, "c", "9")], log.Read());
        Assert.Equal(7, log.Log.ReadEnd().Offset);
        Assert.Equal([0, 6], log.Log.Segments.Select(static segment => segment.BaseOffset));
        Assert.Equal([(0, 2), (3, 3), (4, 5), (6, 6)], log.Batches().Select(Span));
        log.Reopen(isClean: false);
        Assert.Equal(7, log.Log.ReadEnd().Offset);
        Assert.Equal([(2, "c", "1"), (3, "a", "2"), (4, "b", "2"), (5, "d", "1"), (6, "c", "9")], log.Read());
    }

    [Fact]
    public void The_last_batch_of_the_cleaned_range_stays_empty_so_that_the_end_is_not_forgotten() // C2
    {
        using var log = new KeyedLog();
        log.Put(("a", "1")).Put((null, "no key")).Roll();
        log.Log.Clean(Now);
        Assert.Equal([(0, 0), (1, 1)], log.Batches().Select(Span));
        Assert.Equal((2, 2), (log.Log.ReadEnd().Offset, log.Log.Upkeep.CleanedOffset));
        log.Reopen(isClean: false);
        Assert.Equal(2, log.Log.ReadEnd().Offset);
        Assert.Equal([(0, "a", "1")], log.Read());
    }

    [Fact]
    public void A_tombstone_is_there_for_delete_retention_ms_from_its_first_cleaning_on_however_late_that_is() // C3
    {
        using var log = new KeyedLog();
        log.Put(("a", "1"), ("b", "1")).Put(("a", null)).Roll().Put(("x", "active"));
        log.Log.Clean(Now);
        Assert.Equal([(1, "b", "1"), (2, "a", null), (3, "x", "active")], log.Read());
        Assert.True(RecordBatchView.TryRead(log.Batches()[1], out RecordBatchView tombstone));
        Assert.Equal((Now + 1000, 1002), (tombstone.BaseTimestamp, tombstone.MaxTimestamp));
        Assert.True(tombstone.Attributes.HasFlag(BatchAttributes.HasDeleteHorizon));
        RecordReader reader = tombstone.Records();
        Assert.True(reader.Read());
        Assert.Equal(1002, reader.Timestamp);

        log.Log.Clean(Now + 999);
        Assert.Equal([(1, "b", "1"), (2, "a", null), (3, "x", "active")], log.Read());
        log.Log.Clean(Now + 1000);
        Assert.Equal([(1, "b", "1"), (3, "x", "active")], log.Read());
    }

    [Fact]
    public void Markers_stay_as_long_as_data_of_their_transactions_does_and_for_delete_retention_ms_more() // C4
    {
        using var log = new KeyedLog();
        log.Put(1, true, ("a", "1")).Roll().Put(2, true, ("b", "1")).End(1, isCommit: true).Roll().End(2, isCommit: true).Put(1, true, ("x", "1")).End(1, true)
            .Put(2, true, ("y", "1")).End(2, true).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal(["1", "1", "commit", "commit", "1", "commit", "1", "commit", "active"], log.Read().Select(static record => record.Value));

        // The data of the first two is deleted; their markers get a delete horizon when a
        // cleaning finds them without data.
        log.Continue().Roll().Put(("a", "2"), ("b", "2")).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal([2, 3], Markers(log, "commit")[..2]);
        log.Log.Clean(Now);
        Assert.Equal([2, 3], Markers(log, "commit")[..2]);
        log.Log.Clean(Now + 999);
        Assert.Equal([2, 3], Markers(log, "commit")[..2]);
        log.Log.Clean(Now + 1000);
        Assert.Equal([5, 7], Markers(log, "commit"));
    }

    [Fact]
    public void Markers_are_not_taken_for_records_with_keys() // C4
    {
        using var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000 });
        log.Put(1, true, ("a", "1")).End(1, isCommit: true).Put(2, true, ("b", "1")).End(2, isCommit: true).Put(("c", "1")).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal([1, 3], Markers(log, "commit"));
    }

    [Fact]
    public void An_aborted_record_neither_wins_over_a_committed_one_nor_stays() // C5
    {
        using var log = new KeyedLog();
        log.Put(("a", "kept")).Put(1, true, ("a", "aborted"), ("b", "aborted")).Roll().Put(("c", "1")).End(1, isCommit: false).Put(1, true, ("d", "1")).End(1, true)
            .Roll().Put(("z", "active"));
        Dictionary<string, string> before = log.LastValues();
        log.Log.Clean(Now);
        Assert.Equal(before, log.LastValues());
        Assert.Equal([(0, "a", "kept"), (3, "c", "1"), (4, null, "abort"), (5, "d", "1"), (6, null, "commit"), (7, "z", "active")], log.Read());

        // The aborted data is deleted, and with it the entry of the index of aborted transactions.
        log.Log.Clean(Now);
        Assert.All(log.Log.Segments, static segment => Assert.True(segment.Transactions.Entries.IsEmpty));
    }

    [Fact]
    public void Cleaning_stops_at_the_segment_in_which_the_first_open_transaction_begins() // C5
    {
        using var log = new KeyedLog();
        log.Put(("a", "1")).Put(("a", "2")).Roll().Put(1, true, ("a", "open")).Roll().Put(("a", "3")).Roll().Put(("a", "4"));
        Assert.Equal(2, log.Log.Clean(Now));
        Assert.Equal(["2", "open", "3", "4"], log.Read().Select(static record => record.Value));
    }

    [Fact]
    public void A_producer_s_last_sequence_survives_in_an_empty_batch_until_a_newer_batch_has_it() // C6
    {
        using var log = new KeyedLog();
        log.Put(7, false, ("a", "1"), ("b", "1")).Put(7, false, ("a", "2"), ("b", "2")).Put(("a", "3"), ("b", "3")).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal([(2, 3), (4, 5), (6, 6)], log.Batches().Select(Span));
        Assert.True(RecordBatchView.TryRead(log.Batches()[0], out RecordBatchView empty));
        Assert.Equal((0, 7, 2, 1), (empty.RecordsCount, empty.ProducerId, empty.BaseSequence, empty.LastOffsetDelta));
        ReplayProducersFromTheBeginning(log);
        LoggedProducer producer = log.Log.Upkeep.CopyProducers()![7];
        Assert.Equal((3, 3), (producer.LastSequence, producer.LastOffset));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_transaction_s_empty_batch_holds_its_marker_so_that_no_replay_finds_it_open(bool isCommit) // C4 C6
    {
        using var log = new KeyedLog();
        log.Put(7, true, ("a", "1")).End(7, isCommit).Put(("a", "2")).Roll().Put(("z", "active"));
        for (int i = 0; i < 4; i++)
        {
            log.Log.Clean(Now + (i * 1000));
        }

        Assert.Equal([(0, 0), (1, 1), (2, 2), (3, 3)], log.Batches().Select(Span));
        ReplayProducersFromTheBeginning(log);
        Assert.Equal(-1, log.Log.Upkeep.CopyProducers()![7].TransactionFirstOffset);
        Assert.Equal(4, log.Log.LastStableOffset);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void A_map_that_is_full_ends_the_cleaning_there_and_the_next_ones_go_on(int slots) // C8
    {
        using var log = new KeyedLog();
        for (int i = 0; i < 10; i++)
        {
            log.Put([.. Enumerable.Range(0, 5).Select(j => ((string?)$"{(i * 5) + j}", (string?)$"{i}")), ("same", $"{i}")]).Roll();
        }

        log.Put(("z", "active"));
        Dictionary<string, string> before = log.LastValues();
        var settings = Cleanings.Default with { DedupeBufferBytes = slots * OffsetMap.SlotBytes, StepBytes = 100 };
        long cleaned = 0;
        int passes = 0;
        while (cleaned < 60)
        {
            long next = log.Log.Clean(Now, settings);
            Assert.True(next > cleaned, $"the cleaning stays at offset {cleaned}");
            cleaned = next;
            passes++;
            Assert.Equal(before, log.LastValues());
        }

        Assert.True(passes > 1);
        Assert.Equal(52, log.Read().Count);
    }

    [Fact]
    public void A_batch_that_is_larger_than_every_buffer_is_cleaned() // C8
    {
        using var log = new KeyedLog();
        string large = new('x', 300_000);
        log.Put(("a", large), ("b", "1")).Put(("b", large)).Roll().Put(("z", "active"));
        log.Log.Clean(Now, Cleanings.Default with { IoBufferBytes = 100, StepBytes = 1 });
        Assert.Equal([(0, "a", large), (2, "b", large), (3, "z", "active")], log.Read());
    }

    [Fact]
    public void Gaps_and_a_checkpoint_inside_a_batch_or_after_the_end_are_skipped() // C8
    {
        using var log = new KeyedLog();
        log.Put(("a", "1"), ("b", "1"), ("a", "2")).Roll(gap: 100).Put(("b", "2")).Roll(gap: 5).Put(("z", "active"));
        log.Log.Upkeep.CleanedOffset = 1;
        Assert.Equal(109, log.Log.Clean(Now));
        Assert.Equal([(2, "a", "2"), (103, "b", "2"), (109, "z", "active")], log.Read());
        Assert.Equal([(2, "a", "2"), (103, "b", "2"), (109, "z", "active")], log.Read(from: 1));
        Assert.Equal((103, "b", "2"), log.Read(from: 50)[0]);

        log.Log.Upkeep.CleanedOffset = 5000;
        CleanableRange range = CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(Now));
        Assert.Equal((0, 109), (range.FirstDirty, range.End));
    }

    [Fact]
    public void Segments_are_grouped_while_they_fit_one_in_bytes_entries_and_offsets() // C9
    {
        using var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000, SegmentBytes = 400 });
        for (int i = 0; i < 6; i++)
        {
            log.Put(($"{i}", "12345678901234567890")).Roll(gap: i == 3 ? int.MaxValue : 0);
        }

        log.Put(("z", "active"));
        LogSegment[] segments = log.Log.Segments;
        int size = SegmentWord.Position(segments[0].Published);
        Assert.Equal([400 / size, 4 - (400 / size), 2], SegmentGroups.Of(segments[..^1], log.Settings).Select(static group => group.Length));
        log.Log.Clean(Now);
        Assert.Equal(7, log.Read().Count);
        log.Reopen(isClean: false);
        Assert.Equal(7, log.Read().Count);
    }

    [Fact]
    public void A_segment_that_cleaning_empties_keeps_its_place_until_it_is_grouped_with_others()
    {
        using var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000, SegmentBytes = 600 });
        log.Put(("a", new string('x', 200))).Roll().Put(("a", new string('y', 200))).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal([0, 1, 2], log.Log.Segments.Select(static segment => segment.BaseOffset));
        Assert.Equal(0, SegmentWord.Position(log.Log.Segments[0].Published));
        Assert.Equal((1, "a", new string('y', 200)), log.Read(from: 0)[0]);
        log.Reopen(isClean: false);
        Assert.Equal(0, log.Log.LogStartOffset);
        log.Log.Clean(Now);
        Assert.Equal([0, 2], log.Log.Segments.Select(static segment => segment.BaseOffset));
        Assert.Equal((1, "a", new string('y', 200)), log.Read(from: 0)[0]);
    }

    [Fact]
    public void A_reader_of_a_replaced_segment_reads_it_to_the_end_and_continues_in_the_new_one() // C13
    {
        using var log = new KeyedLog(new LogSettings { DeleteRetentionMs = 1000, FileDeleteDelayMs = 0 });
        log.Put(("a", "1")).Put(("b", "1")).Roll().Put(("a", "2")).Roll().Put(("z", "active"));
        Assert.Equal(ErrorCode.None, log.Log.Reader.Read(0, 1 << 20, null, out RecordLease? lease, out _));
        byte[] before = lease!.Bytes.ToArray();
        log.Log.Clean(Now);
        lock (log.Log.Upkeep.Lock)
        {
            log.Log.Upkeep.Remover.DeleteDue(1);
        }

        Assert.Equal(before, lease.Bytes.ToArray());
        lease.Release();
        Assert.Equal([(1, "b", "1"), (2, "a", "2"), (3, "z", "active")], log.Read(from: 0));
    }

    [Fact]
    public void A_log_that_is_not_compacted_any_more_opens_with_the_gaps_it_has() // C10
    {
        using var log = new KeyedLog();
        log.Put(("a", "1")).Put(("a", "2")).Put(("b", "1")).Put(("b", "2")).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        log.Settings = log.Settings with { IsCompacted = false, HasDeletePolicy = true };
        foreach (bool isClean in new[] { true, false })
        {
            log.Reopen(isClean);
            Assert.Equal([(1, "a", "2"), (3, "b", "2"), (4, "z", "active")], log.Read());
        }
    }

    [Fact]
    public void Too_young_records_are_left_alone_and_too_old_ones_make_a_cleaning_due()
    {
        using var log = new KeyedLog();
        log.Put(("a", "1")).Roll().Put(("a", "2")).Roll().Put(("z", "active"));
        log.Log.Apply(log.Settings with { MinCompactionLagMs = 500 });
        Assert.Equal((0, 1), (CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(1500)).FirstDirty, CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(1500)).End));
        Assert.Equal(2, CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(1501)).End);

        LogSettings lazy = log.Settings with { MinCleanableDirtyRatio = 1, MaxCompactionLagMs = 500 };
        log.Log.Apply(lazy);
        Assert.False(CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(1500)).IsDue(lazy));
        Assert.True(CleanableRange.Of(log.Log.Upkeep, ExpiryTime.Exactly(1501)).IsDue(lazy));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public void A_compressed_batch_is_kept_unchanged_or_rebuilt_from_the_remaining_records(CompressionType codec)
    {
        using var log = new KeyedLog();
        byte[] whole = Compressed(codec, ("a", "1"), ("b", "1"));
        byte[] part = Compressed(codec, ("c", "1"), ("d", "1"), ("c", "2"));
        log.Add(whole, -1, -1, 2).Add(part, -1, -1, 3).Put(("d", "2")).Roll().Put(("z", "active"));
        log.Log.Clean(Now);
        Assert.Equal([(0, "a", "1"), (1, "b", "1"), (4, "c", "2"), (5, "d", "2"), (6, "z", "active")], log.Read());
        List<byte[]> batches = log.Batches();
        Assert.Equal(whole[BatchLayout.Attributes..], batches[0][BatchLayout.Attributes..]);
        Assert.True(RecordBatchView.TryRead(batches[1], out RecordBatchView left));
        Assert.Equal((2, 4, 1, codec), (left.BaseOffset, left.LastOffset, left.RecordsCount, left.CompressionType));
    }

    private static byte[] Compressed(CompressionType codec, params (string Key, string Value)[] records)
    {
        var builder = new RecordBatchBuilder(new byte[1000]);
        foreach ((string key, string value) in records)
        {
            builder.Append(5, System.Text.Encoding.UTF8.GetBytes(key), false, System.Text.Encoding.UTF8.GetBytes(value), false);
        }

        byte[] plain = builder.Build().ToArray();
        byte[] batch = Codecs.Batch(codec, Codecs.Compress(codec, plain[BatchLayout.HeaderSize..]));
        plain.AsSpan(BatchLayout.LastOffsetDelta..BatchLayout.HeaderSize).CopyTo(batch.AsSpan(BatchLayout.LastOffsetDelta));
        return batch;
    }

    /// <summary>Opens the log as after a crash that left no snapshot.</summary>
    private static void ReplayProducersFromTheBeginning(KeyedLog log)
    {
        foreach (string name in Files(log).Where(static name => name.EndsWith(".snapshot", StringComparison.Ordinal)))
        {
            log.Storage.Delete($"{KeyedLog.Directory}/{name}");
        }

        log.Reopen(isClean: false);
    }

    private static (long First, long Last) Span(byte[] bytes) =>
        RecordBatchView.TryRead(bytes, out RecordBatchView batch) ? (batch.BaseOffset, batch.LastOffset) : throw new InvalidDataException();

    private static long[] Markers(KeyedLog log, string kind) => [.. log.Read().Where(record => record.Key is null && record.Value == kind).Select(static record => record.Offset)];

    private static IReadOnlyList<string> Files(KeyedLog log)
    {
        log.Storage.List(KeyedLog.Directory, out IReadOnlyList<string> names);
        return names;
    }
}
