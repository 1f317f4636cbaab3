using System.Buffers.Binary;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>Where one segment ends and the next begins, at the limits of the format.</summary>
public sealed class SegmentEdgeTests
{
    [Fact]
    public void A_segment_ends_before_a_relative_offset_would_overflow() // L8
    {
        using var storage = new MemoryStorage();
        storage.CreateDirectory(Logs.Directory);

        // A compacted segment: one record at its beginning, one just below the largest offset that fits.
        byte[] first = At(0, "first");
        byte[] last = At(int.MaxValue - 3L, "last");
        Write(storage, LogFiles.Segment(0), [.. first, .. last]);
        PartitionLog log = Logs.Open(storage, new LogSettings { IsCompacted = true, IndexIntervalBytes = 1 });
        Assert.Equal(int.MaxValue - 2L, log.ReadEnd().Offset);
        Assert.Equal(int.MaxValue - 2L, log.Append(Keyed("fits")).BaseOffset);
        Assert.Equal(int.MaxValue - 1L, log.Append(Keyed("in the next", "as well", "and this")).BaseOffset);
        Assert.Equal([0, int.MaxValue - 1L], log.Segments.Select(static segment => segment.BaseOffset));
        Assert.Equal(["first", "last", "fits", "in the next", "as well", "and this"], Logs.ReadAll(log).Select(static record => record.Value));
        Assert.True(log.Close().IsOk);
        log.Release();

        PartitionLog again = Logs.Open(storage, new LogSettings { IsCompacted = true, IndexIntervalBytes = 1 });
        Assert.Equal(6, Logs.ReadAll(again).Count);
        again.Release();
    }

    [Fact]
    public void A_roll_replaces_existing_files_with_the_next_segment_s_names() // L7
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 1000, IndexIntervalBytes = 1 });
        foreach (string suffix in (string[])[LogFiles.LogSuffix, LogFiles.OffsetIndexSuffix, LogFiles.TimeIndexSuffix, LogFiles.TransactionIndexSuffix, ".snapshot"])
        {
            Write(storage, LogFiles.Of(3, suffix), new byte[5000]);
        }

        for (int i = 0; i < 9; i++)
        {
            Assert.Equal(i, log.Append(Batches.Of($"{i} {new string('x', 250)}")).BaseOffset);
        }

        Assert.Equal([0, 3, 6], log.Segments.Select(static segment => segment.BaseOffset));
        Assert.Equal(9, Logs.ReadAll(log).Count);
        Assert.True(log.Close().IsOk);
        log.Release();
        Soundness.AssertClosed(storage);
    }

    [Fact]
    public void A_batch_that_fills_an_empty_segment_is_taken_and_the_next_one_begins_a_new_segment() // L7
    {
        using var storage = new MemoryStorage();
        byte[] batch = Batches.Of(new string('x', 500));
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = batch.Length, SegmentIndexBytes = 0 });
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(i, log.Append(batch).BaseOffset);
        }

        Assert.Equal([0, 1, 2, 3, 4], log.Segments.Select(static segment => segment.BaseOffset));
        Assert.True(log.Close().IsOk);
        log.Release();
        Soundness.AssertClosed(storage);
    }

    [Fact]
    public void A_refused_append_changes_no_producer() // L6
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        storage.CreateDirectory(Logs.Directory);
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 64 * 1024 });
        Assert.Equal(ErrorCode.None, log.Append(Of(producer: 7, sequence: 0)).Error);
        storage.Allocation = IoResult.NoSpace;
        int sequence = 1;
        Appended result;
        while ((result = log.Append(Of(producer: 7, sequence))).Error == ErrorCode.None)
        {
            sequence++;
        }

        Assert.Equal((ErrorCode.KafkaStorageError, -1L), (result.Error, result.BaseOffset));
        Assert.Equal(ErrorCode.KafkaStorageError, log.Append(Of(producer: 8, sequence: 0)).Error);
        storage.Allocation = IoResult.Ok;
        Assert.Equal(sequence, log.Append(Of(producer: 7, sequence)).BaseOffset);
        Assert.True(log.Close().IsOk);
        log.Release();
        PartitionLog again = Logs.Open(storage, out RecoveredLog recovered, inputs: RecoveryInputs.CleanShutdown);
        LoggedProducer state = Assert.Single(recovered.Producers.All);
        Assert.Equal((7, sequence, sequence), (state.ProducerId, state.LastSequence, state.LastOffset));
        again.Release();
    }

    private static byte[] Of(long producer, int sequence)
    {
        byte[] batch = Batches.Of(new string('x', 1000));
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(BatchLayout.ProducerId), producer);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(BatchLayout.ProducerEpoch), 0);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLayout.BaseSequence), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchLayout.Crc), Crc32C.Compute(batch.AsSpan(BatchLayout.Attributes)));
        return batch;
    }

    private static byte[] At(long offset, string value)
    {
        byte[] batch = Keyed(value);
        BinaryPrimitives.WriteInt64BigEndian(batch, offset);
        return batch;
    }

    // A compacted log takes no record without a key.
    private static byte[] Keyed(params string[] values)
    {
        var builder = new RecordBatchBuilder(new byte[1024]);
        foreach (string value in values)
        {
            builder.Append(1_700_000_000_000, "key"u8, isKeyNull: false, System.Text.Encoding.UTF8.GetBytes(value), isValueNull: false);
        }

        return builder.Build().ToArray();
    }

    private static void Write(MemoryStorage storage, string name, byte[] bytes)
    {
        storage.Open($"{Logs.Directory}/{name}", FileOpening.New, out IStorageFile? file);
        file!.Write(0, bytes);
        file.Dispose();
    }
}
