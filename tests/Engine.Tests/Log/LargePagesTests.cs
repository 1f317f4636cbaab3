using Engine.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Where the file system has large pages, a fast log gets them ahead of its appends.
/// </summary>
public sealed class LargePagesTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private const int Batch = 100_000;
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private readonly PrefaultDuty _duty;
    private readonly PartitionLog _log;

    public LargePagesTests()
    {
        _storage = new FaultyStorage(_memory) { HasLargePages = true };
        _pump = new SteppedPump(_time);
        _duty = new PrefaultDuty(new HealthLog(TimeProvider.System, NullLogger.Instance));
        _duty.Start(_pump);
        _log = Logs.Open(_storage, new LogSettings { SegmentBytes = 64 * MiB }, _time, _duty);
    }

    [Fact]
    public void A_fast_log_without_flushes_stores_large_batches_to_large_pages()
    {
        AppendFast();
        Assert.NotEmpty(_storage.LargePages);
        Assert.Equal(_storage.LargePages, _storage.PagesForWrite);
        Assert.All(_storage.LargePages, static range => Assert.Equal(0, range.Position % (2 * MiB)));
        int before = _storage.Writes;
        Append('x');
        Assert.Equal(before, _storage.Writes);
        AssertSound();
    }

    [Fact]
    public void Awaited_flushes_keep_pages_clean_and_batches_are_written()
    {
        AppendFast(flushes: true);
        Assert.NotEmpty(_storage.LargePages);
        Assert.Empty(_storage.PagesForWrite);
        int before = _storage.Writes;
        Append('x');
        Assert.True(_storage.Writes > before);
        Append('y', size: 10); // A small one too: a store would have the next flush write two megabytes.
        Assert.True(_storage.Writes > before + 3);
        AssertSound();
    }

    [Fact]
    public void A_second_after_the_last_flush_batches_are_stored_again()
    {
        AppendFast(flushes: true);
        _time.Advance(1000);
        AppendFast();
        Assert.NotEmpty(_storage.PagesForWrite);
        int before = _storage.Writes;
        Append('x');
        Assert.Equal(before, _storage.Writes);
        AssertSound();
    }

    [Fact]
    public void Without_large_pages_large_batches_are_written_and_no_page_is_made_for_them()
    {
        _storage.HasLargePages = false;
        AppendFast();
        Assert.Empty(_storage.PagesForWrite);
        int before = _storage.Writes;
        Append('x');
        Assert.True(_storage.Writes > before);
        AssertSound();
    }

    [Fact]
    public void A_slow_log_is_not_prepared_and_one_of_fifty_megabytes_per_second_is()
    {
        Append('x');
        _time.Advance(1000);
        for (int i = 0; i < 20; i++)
        {
            Append('x');
        }

        _pump.Advance(1);
        Assert.Empty(_storage.LargePages); // Two megabytes in a second.
        for (int i = 0; i < 20; i++)
        {
            Append('x');
        }

        _pump.Advance(40);
        Assert.NotEmpty(_storage.LargePages); // Two megabytes in 40 ms.
        AssertSound();
    }

    [Fact]
    public void Fifty_megabytes_per_second_are_not_prepared_while_flushes_are_awaited()
    {
        Append('x');
        _log.Flusher.TryFlushGroup(new DutyQueue<LogFlusher>());
        _pump.Advance(40);
        for (int i = 0; i < 20; i++)
        {
            Append('x');
            if (i % 5 == 0)
            {
                _log.Flusher.TryFlushGroup(new DutyQueue<LogFlusher>());
            }
        }

        _pump.Advance(40);
        Assert.Empty(_storage.LargePages);
        AssertSound();
    }

    [Fact]
    public void A_log_that_is_fast_from_its_first_batch_is_prepared_at_its_first_check()
    {
        for (int i = 0; i < 20; i++)
        {
            Append('x');
        }

        _pump.Advance(1);
        Assert.NotEmpty(_storage.LargePages);
        AssertSound();
    }

    [Fact]
    public void Pages_that_cannot_be_read_do_not_count_as_ready_until_they_can()
    {
        _storage.Unreadable = (LogFiles.LogSuffix, 0, int.MaxValue);
        AppendFast(flushes: true);
        Assert.NotEmpty(_storage.LargePages);
        Assert.Equal(0, _log.Active.LargePagesEnd);
        _storage.Unreadable = null;
        AppendFast(flushes: true);
        Assert.NotEqual(0, _log.Active.LargePagesEnd);
        AssertSound();
    }

    [Theory]
    [InlineData(0xEF53, "6.15.9", false)]
    [InlineData(0xEF53, "6.16", true)]
    [InlineData(0x58465342, "5.17", false)]
    [InlineData(0x58465342, "6.1", true)]
    [InlineData(0x01021994, "6.18", false)]
    public void Large_pages_came_with_a_kernel(long fileSystem, string kernel, bool expected) =>
        Assert.Equal(expected, FileStorage.HasLargePages(fileSystem, Version.Parse(kernel)));

    public void Dispose()
    {
        _log.Release();
        _duty.Stop();
        _memory.Dispose();
    }

    // Six megabytes in three milliseconds, as the duty sees it: fast enough for a window
    // of several pages.
    private void AppendFast(bool flushes = false)
    {
        for (int i = 0; i < 60; i++)
        {
            Append((char)('a' + (i % 26)));
            if (flushes && i % 10 == 0)
            {
                _log.Flusher.TryFlushGroup(new DutyQueue<LogFlusher>());
            }

            if (i % 20 == 19)
            {
                _pump.Advance(1);
            }
        }
    }

    private void Append(char letter, int size = Batch) =>
        Assert.Equal(ErrorCode.None, _log.Append(Batches.Of(new string(letter, size))).Error);

    private void AssertSound()
    {
        Assert.True(_log.Close().IsOk);
        Soundness.AssertClosed(_storage);
    }
}
