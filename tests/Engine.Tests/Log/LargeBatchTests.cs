using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// Large batches are written through the file, small ones stored to its mapping;
/// readers see no difference.
/// </summary>
public sealed class LargeBatchTests
{
    private const int Large = 60_000;

    [Fact]
    public void A_large_batch_is_written_and_a_small_one_is_stored_to_the_mapping()
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage);
        int before = storage.Writes;
        Append(log, new string('a', 100));
        Assert.Equal(before, storage.Writes);
        Append(log, new string('b', Large));
        Assert.Equal(before + 3, storage.Writes); // Records, header, magic byte.
        Assert.Equal(["a", "b"], Logs.ReadAll(log).Select(static record => record.Value[..1]));
        log.Release();
    }

    [Fact]
    public void A_write_that_fails_after_the_reservation_leaves_no_hole() // L1, L5
    {
        using var memory = new MemoryStorage();
        var storage = new FaultyStorage(memory);
        PartitionLog log = Logs.Open(storage);
        Append(log, new string('a', Large));
        storage.Write = IoResult.DeviceError;
        Append(log, new string('b', Large));
        Append(log, "c");
        storage.Write = IoResult.Ok;
        Append(log, new string('d', Large));
        Assert.Equal([(0, "a"), (1, "b"), (2, "c"), (3, "d")], Logs.ReadAll(log).Select(static record => (record.Offset, record.Value[..1])));
        Assert.True(log.Close().IsOk);
        Soundness.AssertClosed(storage);
        log.Release();
    }

    [Theory]
    [InlineData("AppendReserved")]
    [InlineData("AppendCopying")]
    [InlineData("AppendCopied")]
    public void A_process_that_dies_while_it_writes_a_large_batch_leaves_nothing_of_it(string point) // K2, K14
    {
        using var storage = new MemoryStorage();
        var death = new DiesAt();
        PartitionLog log = Logs.Open(storage, new LogSettings { Hooks = death });
        Append(log, new string('a', Large));
        death.Point = Enum.Parse<LogPoint>(point);
        Assert.Throws<OperationCanceledException>(() => log.Append(Batches.Of(new string('b', Large))));

        PartitionLog reopened = Logs.Open(storage);
        Assert.Equal(1, reopened.ReadEnd().Offset);
        Append(reopened, new string('c', Large));
        Assert.Equal(["a", "c"], Logs.ReadAll(reopened).Select(static record => record.Value[..1]));
        Assert.True(reopened.Close().IsOk);
        Soundness.AssertClosed(storage);
        reopened.Release();
        log.Release();
    }

    [Fact]
    public void Batches_of_all_sizes_from_many_threads_are_whole_when_a_tailing_reader_sees_them() // L3
    {
        const int Threads = 3;
        const int PerThread = 1_500;
        string directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var storage = new FileStorage(directory);
        storage.Acquire();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = 1 << 20 });
        string? wrong = null;
        var reader = new Thread(() => wrong = Tail(log, Threads * PerThread)) { IsBackground = true };
        reader.Start();
        Thread[] appenders = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
        {
            var random = new Random(thread);
            byte[][] batches = [.. Enumerable.Range(0, 20).Select(_ => Batches.Of(new string((char)('a' + thread), random.Next(2) == 0 ? random.Next(200) : random.Next(Large))))];
            for (int i = 0; i < PerThread; i++)
            {
                Assert.Equal(ErrorCode.None, log.Append(batches[i % batches.Length]).Error);
            }
        }))];
        Array.ForEach(appenders, static appender => appender.Start());
        Array.ForEach(appenders, static appender => appender.Join());
        Assert.True(reader.Join(TimeSpan.FromSeconds(60)), "the reader did not see every record");
        Assert.Null(wrong);
        Assert.True(log.Segments.Length > 10, $"only {log.Segments.Length} segments");
        log.Release();
        storage.Release();
        Directory.Delete(directory, recursive: true);
    }

    private static void Append(PartitionLog log, string value) => Assert.Equal(ErrorCode.None, log.Append(Batches.Of(value)).Error);

    /// <summary>Reads until an offset; the answer is what was wrong with a batch.</summary>
    private static string? Tail(PartitionLog log, long until)
    {
        long offset = 0;
        while (offset < until)
        {
            if (log.Reader.Read(offset, 1, null, out RecordLease? lease, out _) != ErrorCode.None || lease is null)
            {
                Thread.Yield();
                continue;
            }

            bool isWhole = RecordBatchView.TryRead(lease.Bytes.Span, out RecordBatchView batch) && batch.IsCrcValid() && batch.BaseOffset == offset;
            offset += isWhole ? batch.LastOffsetDelta + 1 : 0;
            lease.Release();
            if (!isWhole)
            {
                return $"the batch at offset {offset}";
            }
        }

        return null;
    }

    private sealed class DiesAt : LogHooks
    {
        internal LogPoint? Point { get; set; }

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (point == Point)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
