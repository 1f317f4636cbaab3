using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>The indexes of full segments are read from their files when they are needed.</summary>
public sealed class StoredIndexTests
{
    private const string File = "index";
    private static readonly LogSettings s_small = new() { SegmentBytes = 64 * 1024, IndexIntervalBytes = 1 };

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(5_000)]
    public void The_file_s_entries_and_later_ones_are_one_index(int stored)
    {
        const int Added = 700;
        var storage = new MemoryStorage();
        OffsetIndex index = Stored(storage, stored, out _);
        for (int i = stored; i < stored + Added; i++)
        {
            index.Append(i + 1, i * 10);
        }

        Assert.Equal(Enumerable.Range(0, stored + Added).Select(static i => new OffsetEntry(i + 1, i * 10)), index.Entries.ToArray());
        for (int offset = 0; offset <= stored + Added + 1; offset++)
        {
            Assert.Equal(Math.Max(0, Math.Min(offset, stored + Added) - 1) * 10, index.FloorPosition(offset));
        }
    }

    [Fact]
    public void The_cache_keeps_no_more_pages_than_its_budget_and_every_answer_stays_right()
    {
        var storage = new MemoryStorage();
        OffsetIndex index = Stored(storage, 20_000, out IndexCache cache, budgetPages: 3);

        for (int offset = 1; offset <= 20_000; offset += 7)
        {
            Assert.Equal((offset - 1) * 10, index.FloorPosition(offset));
            Assert.InRange(cache.Count, 1, 3);
        }
    }

    [Fact]
    public void Readers_of_a_cache_that_drops_pages_all_get_right_answers()
    {
        OffsetIndex index = Stored(new MemoryStorage(), 20_000, out _, budgetPages: 2);
        int wrong = 0;
        Thread[] readers = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 5_000; i++)
            {
                int offset = random.Next(1, 20_001);
                if (index.FloorPosition(offset) != (offset - 1) * 10)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }))];
        Array.ForEach(readers, static reader => reader.Start());
        Array.ForEach(readers, static reader => reader.Join());

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void The_index_of_a_segment_that_was_given_up_is_not_read_for_the_file_may_be_anothers()
    {
        OffsetIndex index = Stored(new MemoryStorage(), 100, out _, giveUp: true);

        Assert.False(index.Entries.Read(0, out _).IsOk);
        Assert.Equal(0, index.FloorPosition(50));
    }

    [Fact]
    public void Full_segments_keep_no_entries_in_memory_once_their_files_are_durable_and_answer_as_before()
    {
        var storage = new MemoryStorage();
        using var open = new OpenLog(storage);
        string before = open.Answers();

        open.Log.FlushSealed();

        LogSegment[] segments = open.Log.Segments;
        Assert.True(segments.Length > 3);
        Assert.All(segments[..^1], static segment => Assert.True(segment.Offsets.IsStored && segment.Times.IsStored && segment.Offsets.Count > 0));
        Assert.Equal(before, open.Answers());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Index_files_that_are_lost_or_damaged_while_the_log_is_open_change_no_answer(bool deletes)
    {
        var storage = new MemoryStorage();
        using var open = new OpenLog(storage);
        string before = open.Answers();
        open.Log.FlushSealed();
        Assert.True(storage.List(Logs.Directory, out IReadOnlyList<string> names).IsOk);
        foreach (string path in names.Where(static name => name.EndsWith("index", StringComparison.Ordinal)).Select(static name => $"{Logs.Directory}/{name}"))
        {
            if (deletes)
            {
                Assert.True(storage.Delete(path).IsOk);
                continue;
            }

            byte[] bytes = WholeFile.Read(storage, path)!;
            new Random(bytes.Length).NextBytes(bytes);
            Write(storage, path, bytes);
        }

        Assert.Equal(before, open.Answers());
    }

    private static void Write(MemoryStorage storage, string path, byte[] bytes)
    {
        storage.Open(path, FileOpening.Truncated, out IStorageFile? file).ThrowIfFailed($"Opening '{path}'");
        using (file)
        {
            file!.Write(0, bytes).ThrowIfFailed($"Writing '{path}'");
        }
    }

    private static OffsetIndex Stored(MemoryStorage storage, int count, out IndexCache cache, int budgetPages = 16, bool giveUp = false)
    {
        byte[] bytes = new byte[count * OffsetEntry.SizeBytes];
        for (int i = 0; i < count; i++)
        {
            new OffsetEntry(i + 1, i * 10).Write(bytes.AsSpan(i * OffsetEntry.SizeBytes));
        }

        Write(storage, File, bytes);
        Assert.True(storage.Open("log", FileOpening.New, out IStorageFile? file).IsOk);
        var segment = new LogSegment(file!, "log", 0, 1, 0);
        cache = new IndexCache(storage, budgetPages);
        var index = new OffsetIndex(new StoredEntries<OffsetEntry>(cache, segment.GivenUp, File, count));
        if (giveUp)
        {
            segment.Close();
        }

        return index;
    }

    /// <summary>A log of several segments with records of rising and falling timestamps.</summary>
    private sealed class OpenLog : IDisposable
    {
        private const int Records = 1_000;

        internal OpenLog(MemoryStorage storage)
        {
            Log = Logs.Open(storage, s_small);
            for (int i = 0; i < Records; i++)
            {
                var builder = new RecordBatchBuilder(new byte[512]);
                builder.Append(Timestamp(i), default, isKeyNull: true, new byte[300], isValueNull: false);
                Assert.Equal(ErrorCode.None, Log.Append(builder.Build().Span).Error);
            }

            Assert.True(Log.Flusher.FlushNow().IsOk);
        }

        internal PartitionLog Log { get; }

        private static long Timestamp(int i) => 1_000_000 + (i * 10) - (i % 7 * 100);

        /// <summary>What every offset and every timestamp lead to.</summary>
        internal string Answers()
        {
            List<string> answers = [];
            for (int i = 0; i < Records; i += 13)
            {
                answers.Add($"{Logs.ReadAll(Log, i, 1)[0].Offset}");
                answers.Add($"{Log.Timestamps.Find(Timestamp(i) + 1, IsolationLevel.ReadUncommitted)}");
            }

            return string.Join('\n', answers);
        }

        public void Dispose()
        {
            _ = Log.Close();
            Log.Release();
        }
    }
}
