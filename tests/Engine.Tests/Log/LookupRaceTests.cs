using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Lookups and reads while the log start moves and segments are removed: the answer is
/// one that the log could have given at an instant of the call, and never that there is
/// nothing while there are records.
/// </summary>
public sealed class LookupRaceTests : IDisposable
{
    private const long Time = 1_700_000_000_000;
    private readonly MemoryStorage _storage = new();
    private readonly CallingHooks _hooks = new();
    private readonly PartitionLog _log;

    public LookupRaceTests() => _log = Logs.Open(_storage, Settings());

    [Fact]
    public void The_largest_timestamp_is_found_although_its_record_is_deleted_meanwhile()
    {
        Append(Time + 900); // Offset 0, the largest.
        Append(Time + 100);
        Append(Time + 500); // Offset 2, the largest that is left.
        _hooks.OnNext(LogPoint.LookupNarrowed, () => Delete(1));
        ListedOffset found = _log.Timestamps.Find(ListedOffset.MaxTimestamp, IsolationLevel.ReadUncommitted);
        Assert.Equal((ErrorCode.None, 2, Time + 500), (found.Error, found.Offset, found.Timestamp));
    }

    [Theory]
    [InlineData(ListedOffset.MaxTimestamp)]
    [InlineData(Time)]
    public void A_lookup_whose_segments_are_removed_finds_what_is_left(long timestamp)
    {
        for (int i = 0; i < 10; i++)
        {
            Append(Time + i);
        }

        long start = _log.Segments[^1].BaseOffset;
        _hooks.OnNext(LogPoint.LookupBegun, () =>
        {
            Delete(start);
            Remove(start);
        });
        ListedOffset found = _log.Timestamps.Find(timestamp, IsolationLevel.ReadUncommitted);
        Assert.Equal(ErrorCode.None, found.Error);
        Assert.Equal(timestamp == Time ? start : 9, found.Offset);
    }

    [Fact]
    public void A_lookup_by_time_finds_a_record_that_came_when_all_that_it_saw_was_deleted()
    {
        Append(Time);
        Append(Time + 1);
        _hooks.OnNext(LogPoint.LookupBegun, () =>
        {
            Append(Time + 2);
            Append(Time + 3);
            Delete(3);
        });
        ListedOffset found = _log.Timestamps.Find(Time, IsolationLevel.ReadUncommitted);
        Assert.Equal((ErrorCode.None, 3), (found.Error, found.Offset));
    }

    [Fact]
    public void A_lookup_while_the_start_moves_each_time_ends()
    {
        for (int i = 0; i < 100; i++)
        {
            Append(Time + 1000 - i);
        }

        int moves = 0;
        Again();
        ListedOffset found = _log.Timestamps.Find(ListedOffset.MaxTimestamp, IsolationLevel.ReadUncommitted);
        Assert.InRange(moves, 2, 50);
        Assert.True(found is { Error: ErrorCode.None, Offset: >= 0 } || found.Error == ErrorCode.OffsetNotAvailable, $"{found}");

        void Again() => _hooks.OnNext(LogPoint.LookupNarrowed, () =>
        {
            Delete(++moves);
            Again();
        });
    }

    [Fact]
    public void A_read_below_a_start_that_moved_meanwhile_is_out_of_range_and_skips_nothing_silently()
    {
        for (int i = 0; i < 10; i++)
        {
            Append(Time + i);
        }

        long start = _log.Segments[^1].BaseOffset;
        _hooks.OnNext(LogPoint.ReadEndKnown, () =>
        {
            Delete(start);
            Remove(start);
        });
        Assert.Equal(ErrorCode.OffsetOutOfRange, _log.Reader.Read(0, 1 << 20, null, out RecordLease? lease, out _));
        Assert.Null(lease);
    }

    public void Dispose()
    {
        _log.Release();
        _storage.Dispose();
    }

    private LogSettings Settings() => new() { SegmentBytes = 300, Hooks = _hooks };

    private void Append(long timestamp)
    {
        byte[] value = Encoding.UTF8.GetBytes("value");
        var builder = new RecordBatchBuilder(new byte[BatchLayout.HeaderSize + 64]);
        builder.Append(timestamp, default, isKeyNull: true, value, isValueNull: false);
        Assert.Equal(ErrorCode.None, _log.Append(builder.Build()).Error);
    }

    private void Delete(long before) => Assert.True(_log.DeleteRecords(before));

    private void Remove(long before)
    {
        Assert.True(_log.Upkeep.Remover.RemoveBelow(before, 0, out IoResult result) > 0);
        Assert.True(result.IsOk);
    }
}
