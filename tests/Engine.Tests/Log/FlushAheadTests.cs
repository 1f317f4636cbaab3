using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// A log with small flushes that are waited for has the pages of the next ones made
/// dirty ahead, many at a time.
/// </summary>
public sealed class FlushAheadTests : IDisposable
{
    private const int KiB = 1024;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly PartitionLog _log;

    public FlushAheadTests()
    {
        _storage = new FaultyStorage(_memory);
        _log = Logs.Open(_storage, new LogSettings { SegmentBytes = 1024 * KiB });
    }

    [Fact]
    public void Pages_for_the_next_flushes_are_dirtied_after_the_end_and_inside_allocated_blocks_once_per_many_flushes()
    {
        AppendAndFlush(3);
        (int position, int length) = Assert.Single(_storage.PagesForWrite);
        int sealedEnd = SegmentWord.Position(_log.Active.Published);
        Assert.InRange(position, 1, sealedEnd);
        Assert.InRange(position + length, sealedEnd + 1, _log.Active.AllocatedEnd);
        AppendAndFlush(40);
        Assert.InRange(_storage.PagesForWrite.Count, 2, 6);
        Assert.All(_storage.PagesForWrite.Zip(_storage.PagesForWrite.Skip(1)), static pair => Assert.True(pair.First.Position + pair.First.Length <= pair.Second.Position));
        AssertSound(43);
    }

    [Fact]
    public void Flush_ahead_starts_again_in_a_new_segment()
    {
        AppendAndFlush(400, size: 4 * KiB);
        Assert.True(_log.Segments.Length > 1);
        Assert.Contains(_storage.PagesForWrite.Zip(_storage.PagesForWrite.Skip(1)), static pair => pair.Second.Position < pair.First.Position);
        AssertSound(400);
    }

    [Theory]
    [InlineData(100)] // Many flushes fit into a page, which is noted only once.
    [InlineData(200 * KiB)] // The flush itself is what takes the time.
    public void Tiny_or_large_flushes_dirty_no_pages(int size)
    {
        AppendAndFlush(6, size);
        Assert.Empty(_storage.PagesForWrite);
    }

    [Fact]
    public void Flushes_without_a_waiter_dirty_no_pages()
    {
        for (int i = 0; i < 6; i++)
        {
            Append(2 * KiB);
            Assert.True(_log.Flusher.FlushNow().IsOk);
        }

        Assert.Empty(_storage.PagesForWrite);
    }

    public void Dispose()
    {
        _log.Release();
        _memory.Dispose();
    }

    private void AppendAndFlush(int times, int size = 2 * KiB)
    {
        for (int i = 0; i < times; i++)
        {
            Append(size);
            _log.Flusher.TryFlushGroup(new DutyQueue<LogFlusher>());
        }
    }

    private void Append(int size) => Assert.Equal(ErrorCode.None, _log.Append(Batches.Of(new string('x', size))).Error);

    private void AssertSound(int records)
    {
        Assert.Equal(records, Logs.ReadAll(_log).Count);
        Assert.True(_log.Close().IsOk);
        Soundness.AssertClosed(_storage);
    }
}
