using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Segments of nearly 2^31 bytes, the most that Kafka allows: positions are ints, and
/// what follows one may be no int.
/// </summary>
public sealed class LargestSegmentTests : IDisposable
{
    private const int Large = 1 << 28;
    private static readonly LogSettings s_settings = new() { SegmentBytes = int.MaxValue };
    private readonly MemoryStorage _memory = new();
    private readonly SparseStorage _storage;

    public LargestSegmentTests() => _storage = new SparseStorage(_memory);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public void A_segment_that_ends_near_the_limit_is_recovered_and_written_again(int left) // S2
    {
        long count = WriteSegment(int.MaxValue - left);
        PartitionLog log = Logs.Open(_storage, s_settings);
        Assert.Equal(count, log.ReadEnd().Offset);
        Assert.True(log.Flusher.FlushNow().IsOk);
        Assert.Equal(int.MaxValue - left, _storage.WrittenBytes);
        Assert.Equal(count, log.RecoveryPoint);
        Assert.Equal(count, log.Append(Batches.Of("next")).BaseOffset);
        Assert.Equal(left < 100 ? 2 : 1, log.Segments.Length);
        Assert.Equal("next", Assert.Single(Logs.ReadAll(log, count)).Value);
        Assert.True(log.Close().IsOk);
        Assert.Equal(0, _storage.Strays);
        log.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(60)]
    public void A_torn_tail_at_the_limit_is_truncated(int tail) // S2
    {
        long count = WriteSegment(int.MaxValue - tail, tail);
        PartitionLog log = Logs.Open(_storage, out RecoveredLog recovered, s_settings);
        Assert.Equal(count, log.ReadEnd().Offset);
        Assert.Equal(tail, recovered.DiscardedBytes);
        Assert.Equal(0, _storage.Strays);
        log.Release();
    }

    [Fact]
    public void Appends_flushes_and_the_touch_duty_go_up_to_the_limit_and_on() // S2
    {
        const int Left = 11 << 20;
        long count = WriteSegment(int.MaxValue - Left);
        var time = new SteppedTime();
        var pump = new SteppedPump(time);
        var duty = new PrefaultDuty(Logs.Health);
        duty.Start(pump);
        var flusher = new DutyQueue<LogFlusher>();
        PartitionLog log = Logs.Open(_storage, s_settings, time, duty);
        for (int i = 0; i < 400; i++)
        {
            // Of sizes that are stored and written, and that have the flusher prepare what follows.
            int size = (i % 4) switch { 0 => 100_000, 1 => 3000, 2 => 20_000, _ => 10 };
            Assert.Equal(count + i, log.Append(Batches.Of($"{i} {new string('x', size)}")).BaseOffset);
            Assert.True(log.Flusher.TryFlushGroup(flusher));
            if (i % 16 == 0)
            {
                pump.Advance(1);
            }
        }

        Assert.Equal(2, log.Segments.Length);
        Assert.Equal(400, Logs.ReadAll(log, count).Count);
        Assert.True(log.Close().IsOk);
        Assert.Equal(0, _storage.Strays);
        log.Release();
        duty.Stop();

        PartitionLog again = Logs.Open(_storage, s_settings, RecoveryInputs.CleanShutdown);
        Assert.Equal(count + 400, again.ReadEnd().Offset);
        Assert.Equal(400, Logs.ReadAll(again, count).Count);
        again.Release();
    }

    public void Dispose()
    {
        _storage.Dispose();
        _memory.Dispose();
    }

    /// <summary>
    /// Writes a segment of batches of zeros that ends at a position, and garbage after it;
    /// returns how many records it has.
    /// </summary>
    private long WriteSegment(int end, int tail = 0)
    {
        _storage.CreateDirectory(Logs.Directory);
        Assert.True(_storage.Open($"{Logs.Directory}/{LogFiles.Segment(0)}", FileOpening.New, out IStorageFile? file).IsOk);
        file!.Allocate(0, end + (long)tail);
        file.Map(int.MaxValue, out MappedRegion? region);
        int offset = 0;
        Span<byte> bytes = region!.GetSpan();
        int size;
        for (int position = 0; position < end; position += size)
        {
            size = Math.Min(Large, end - position);
            size = end - position - size is > 0 and < 1000 ? size - 1000 : size; // The last one has room for its header.
            Span<byte> batch = bytes.Slice(position, size);
            BinaryPrimitives.WriteInt64BigEndian(batch, offset++);
            BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.BatchLength..], size - BatchLayout.LogOverhead);
            batch[BatchLayout.Magic] = BatchLayout.MagicV2;
            BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.MaxTimestamp..], 1_700_000_000_000);
            BinaryPrimitives.WriteInt64BigEndian(batch[BatchLayout.ProducerId..], -1);
            BinaryPrimitives.WriteInt32BigEndian(batch[BatchLayout.RecordsCount..], 1);
            BinaryPrimitives.WriteUInt32BigEndian(batch[BatchLayout.Crc..], Crc32C.Compute(batch[BatchLayout.Attributes..]));
        }

        bytes.Slice(end, tail).Fill(0xFF);
        return offset;
    }
}
