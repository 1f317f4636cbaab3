using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// What a disk cannot read is an error code and never the end of the process, and costs
/// only what lies there.
/// </summary>
public sealed class UnreadableRangeTests
{
    private const int Count = 1000;
    private static readonly string s_segment = LogFiles.Segment(0);

    [Fact]
    public void A_range_that_the_device_cannot_read_is_an_error_for_that_range_only() // E5
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Fill(storage, out int size);
        storage.Unreadable = (s_segment, 500 * size, 10);
        for (int offset = 0; offset < Count; offset++)
        {
            ErrorCode error = log.Reader.Read(offset, 3 * size, null, out RecordLease? lease, out _);

            // The page of the bad batch, and whole batches before it. An index leads some batches
            // before the one wanted.
            Assert.True(error == ErrorCode.None || offset is > 480 and < 520, $"offset {offset}: {error}");
            Assert.True(offset != 500 || error == ErrorCode.KafkaStorageError);
            if (lease is not null)
            {
                Assert.Equal($"{offset}", Batches.Read(lease.Bytes.Span)[0].Value.TrimEnd('x'));
                lease.Release();
            }
        }

        storage.Unreadable = null;
        Assert.Equal(Count, Logs.ReadAll(log).Count);
        log.Release();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_read_that_fails_for_a_short_time_gives_no_batch_below_its_offset(int times) // E5, F1
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage);
        log.Append(Batches.Of("first"));
        log.Append(Batches.Of("second"));
        storage.Unreadable = (s_segment, 0, 1);
        storage.UnreadableTimes = times;
        ErrorCode error = log.Reader.Read(1, 1000, null, out RecordLease? lease, out _);
        Assert.Equal(error == ErrorCode.None, lease is not null);
        if (lease is not null)
        {
            Assert.Equal("second", Batches.Read(lease.Bytes.Span)[0].Value);
            lease.Release();
        }

        log.Release();
    }

    [Fact]
    public async Task A_fetch_of_an_unreadable_range_fails_and_other_partitions_and_offsets_are_served() // E5
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = storage });
        broker.CreateTopic(new NewTopic("orders", 2));
        TopicPartition second = BrokerExtensions.Orders with { Partition = 1 };
        await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("unreadable"), Acks.All);
        await broker.AppendAsync(second, Batches.Of("served"), Acks.All);
        storage.Unreadable = ("orders-0/" + s_segment, 0, 1);
        using FetchResponse response = await broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(BrokerExtensions.Orders, 0), new FetchPartition(second, 0)] });
        Assert.Equal([ErrorCode.KafkaStorageError, ErrorCode.None], response.Partitions.Select(static partition => partition.Error));
        Assert.Equal("served", Batches.Read(response.Partitions[1].Records.Span)[0].Value);
        Assert.Equal(ErrorCode.None, (await broker.AppendAsync(BrokerExtensions.Orders, Batches.Of("later"), Acks.All)).Error);
    }

    [Fact]
    public void Recovery_never_takes_what_the_device_cannot_read_for_the_end_of_the_log() // E5
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Fill(storage, out int size);
        log.Release();
        storage.Unreadable = (s_segment, 500 * size, 10);
        StorageException failure = Assert.Throws<StorageException>(() => Logs.Open(storage));
        Assert.Contains(s_segment, failure.Message);
        Assert.Contains("input/output error", failure.Message);

        storage.Unreadable = null;
        PartitionLog again = Logs.Open(storage);
        Assert.Equal(Count, Logs.ReadAll(again).Count);
        again.Release();
    }

    [Fact]
    public void A_file_truncated_by_another_process_is_an_error_and_the_process_survives() // E9
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Fill(storage, out int size);
        storage.Open($"{Logs.Directory}/{s_segment}", FileOpening.Existing, out IStorageFile? file);
        int cut = 40 * 4096;
        file!.SetLength(cut);
        file.Dispose();
        Assert.Equal(ErrorCode.KafkaStorageError, log.Reader.Read(Count - 1, 1, null, out _, out _));
        Assert.Equal(ErrorCode.None, log.Reader.Read(0, 1, null, out RecordLease? lease, out _));
        lease!.Release();
        Assert.True(cut > size);
        log.Release();
    }

    [Fact]
    public void Ranges_are_asked_for_once_a_chunk_and_not_once_a_fetch()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Fill(storage, out int size);
        int before = storage.Populations;
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(ErrorCode.None, log.Reader.Read(i % 50, 1, null, out RecordLease? lease, out _));
            lease!.Release();
        }

        // At most one per second, on a machine that may be slow.
        Assert.InRange(storage.Populations - before, 1, 100);
        Assert.True(size > 0);
        log.Release();
    }

    [Fact]
    public unsafe void A_kernel_that_does_not_know_the_advice_reads_by_loads()
    {
        using var storage = new MemoryStorage();
        storage.Open("file", FileOpening.New, out IStorageFile? file);
        using (file)
        {
            file!.Write(0, [1, 2, 3]);
            file.Map(4096, out MappedRegion? mapped);
            var old = new LinuxMappedRegion(mapped!.Pointer, mapped.Length, populateRead: 9999);
            Assert.Equal(IoResult.Ok, old.PopulateForRead(0, 3));
            Assert.Equal(3, old.Memory.Span[2]);
            ((IDisposable)old).Dispose();
        }
    }

    private static PartitionLog Fill(IStorage storage, out int size)
    {
        storage.CreateDirectory(Logs.Directory);
        PartitionLog log = Logs.Open(storage);
        size = Batch(0).Length;
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(ErrorCode.None, log.Append(Batch(i)).Error);
        }

        return log;
    }

    private static byte[] Batch(int number) => Batches.Of($"{number}".PadRight(600, 'x'));
}
