using System.Buffers.Binary;
using System.Diagnostics;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Log;

/// <summary>
/// The append protocol on real threads: what a simulator cannot find is a missing
/// fence.
/// </summary>
public sealed class ConcurrentAppendTests(ITestOutputHelper output)
{
    private const int SegmentBytes = 32 * 1024; // About four hundred one-record batches.

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Appends_and_rolls_of_many_threads_give_dense_offsets_and_whole_records_to_a_tailing_reader(int threads)
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, new LogSettings { SegmentBytes = SegmentBytes });
        const int PerThread = 8_000;
        long total = (long)threads * PerThread;
        var counts = new int[threads];
        bool isDone = false;
        Task reader = Task.Factory.StartNew(() => Tail(log, total, counts, ref isDone), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Race(threads, thread =>
        {
            byte[] batch = Batch(thread, 0);
            for (int i = 0; i < PerThread; i++)
            {
                Stamp(batch, thread, i);
                Assert.Equal(ErrorCode.None, log.Append(batch).Error);
            }
        });

        // No append comes any more: whatever is not visible now never will be.
        Assert.Equal(total, log.ReadEnd().Offset);
        Volatile.Write(ref isDone, true);
        reader.GetAwaiter().GetResult();
        Assert.All(counts, count => Assert.Equal(PerThread, count));
        Assert.True(log.Segments.Length > threads * PerThread / 800, $"only {log.Segments.Length} segments");
        Assert.True(log.Close().IsOk);
        Soundness.AssertClosed(storage);
        log.Release();
    }

    [Fact]
    public void Readers_of_old_segments_get_their_bytes_while_files_are_closed_and_opened_again_under_them()
    {
        using var storage = new MemoryStorage();
        PartitionLog log = Logs.Open(storage, out _, new LogSettings { SegmentBytes = 4096 }, cache: new SegmentCache(2));
        bool isDone = false;
        long reads = 0;
        Race(4, thread =>
        {
            if (thread == 0)
            {
                for (int i = 0; i < 6_000; i++)
                {
                    Assert.Equal(ErrorCode.None, log.Append(Batch(0, i)).Error);
                    if (i % 50 == 0)
                    {
                        Assert.True(log.Flusher.FlushNow().IsOk);
                    }
                }

                Volatile.Write(ref isDone, true);
                return;
            }

            var random = new Random(thread);
            while (!Volatile.Read(ref isDone))
            {
                long offset = random.NextInt64(log.ReadEnd().Offset + 1);
                Assert.Equal(ErrorCode.None, log.Reader.Read(offset, 1, null, out RecordLease? lease, out _));
                if (lease is not null)
                {
                    Assert.True(RecordBatchView.TryRead(lease.Bytes.Span, out RecordBatchView batch));
                    Assert.True(batch.IsCrcValid());
                    Assert.Equal(offset, batch.BaseOffset);
                    lease.Release();
                    Interlocked.Increment(ref reads);
                }
            }
        });
        output.WriteLine($"{reads} reads of {log.Segments.Length} segments, {log.Segments.Count(static segment => segment.File is null)} closed");
        Assert.Contains(log.Segments, static segment => segment.File is null);
        log.Release();
    }

    [Fact]
    public void Every_append_is_visible_without_a_further_one() =>
        Assert.Equal(0, RacePairs(new LogSettings { SegmentBytes = SegmentBytes }, rounds: 150_000, out _));

    /// <summary>
    /// Two threads append one batch each at the same time, repeatedly, until one is not
    /// visible when both are done. Returns that round, or 0. On a busy machine, where the
    /// threads seldom run at once, it ends after fewer rounds: the time limits the effort,
    /// it decides nothing.
    /// </summary>
    private int RacePairs(LogSettings settings, int rounds, out int done)
    {
        const int LeastRounds = 2000;
        var effort = TimeSpan.FromSeconds(20);
        long started = Stopwatch.GetTimestamp();
        int finished = 0;
        int stranded = 0;
        while (finished < rounds && stranded == 0 && (finished < LeastRounds || Stopwatch.GetElapsedTime(started) < effort))
        {
            using var storage = new MemoryStorage();
            PartitionLog log = Logs.Open(storage, settings);
            int before = finished;
            int some = Math.Min(50_000, rounds - before);
            var meeting = new Meeting();
            Race(2, thread =>
            {
                // Copies of different lengths, so that the one who reserved first often ends last.
                byte[][] batches = [.. Enumerable.Range(0, 16).Select(static i => Batches.Of(new string('x', i * i * 6)))];
                var random = new Random(thread);
                try
                {
                    for (int i = 0; i < some && !meeting.IsOver; i++)
                    {
                        byte[] batch = batches[random.Next(batches.Length)];
                        meeting.Pass();
                        log.Append(batch);
                        meeting.Pass();
                        if (thread == 0)
                        {
                            finished++; // The other one waits for the next round meanwhile.
                            stranded = log.ReadEnd().Offset == (i + 1) * 2L ? 0 : before + i + 1;
                            bool isTired = finished >= LeastRounds && i % 128 == 0 && Stopwatch.GetElapsedTime(started) >= effort;
                            if (stranded != 0 || isTired)
                            {
                                meeting.End();
                            }
                        }
                    }
                }
                finally
                {
                    meeting.End(); // The other thread must not wait for a failed one.
                }
            });
            log.Release();
        }

        done = finished;
        output.WriteLine(stranded == 0 ? $"{done} rounds, none stranded" : $"stranded in round {stranded}");
        return stranded;
    }

    private static void Tail(PartitionLog log, long total, int[] counts, ref bool isDone)
    {
        long expected = 0;
        while (expected < total)
        {
            bool isLast = Volatile.Read(ref isDone);
            Assert.Equal(ErrorCode.None, log.Reader.Read(expected, 64 * 1024, null, out RecordLease? lease, out _));
            if (lease is null)
            {
                Assert.False(isLast, $"all is appended, and there is no record at offset {expected}");
                Thread.Yield();
                continue;
            }

            ReadOnlySpan<byte> bytes = lease.Bytes.Span;
            while (RecordBatchView.TryRead(bytes, out RecordBatchView batch))
            {
                Assert.True(batch.IsCrcValid(), $"the batch at {batch.BaseOffset} is not whole");
                Assert.Equal(expected, batch.BaseOffset);
                RecordReader records = batch.Records();
                while (records.Read())
                {
                    // A thread's records are in the order of its appends.
                    int thread = BinaryPrimitives.ReadInt32BigEndian(records.Value);
                    Assert.Equal(counts[thread]++, BinaryPrimitives.ReadInt32BigEndian(records.Value[4..]));
                    expected = records.Offset + 1;
                }

                bytes = bytes[batch.SizeBytes..];
            }

            lease.Release();
        }
    }

    private static byte[] Batch(int thread, int sequence)
    {
        var builder = new RecordBatchBuilder(new byte[256]);
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(value, thread);
        BinaryPrimitives.WriteInt32BigEndian(value[4..], sequence);
        builder.Append(0, default, isKeyNull: true, value, isValueNull: false);
        return builder.Build().ToArray();
    }

    private static void Stamp(byte[] batch, int thread, int sequence) => Batch(thread, sequence).CopyTo(batch, 0);

    private static void Race(int threads, Action<int> body)
    {
        var failures = new List<Exception>();
        Thread[] started = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            try
            {
                body(thread);
            }
            catch (Exception exception)
            {
                lock (failures)
                {
                    failures.Add(exception);
                }
            }
        }) { IsBackground = true })];
        Array.ForEach(started, static thread => thread.Start());
        Array.ForEach(started, static thread => thread.Join());
        Assert.Empty(failures);
    }

    /// <summary>
    /// Lets two threads go on together, within nanoseconds of each other, until one ends
    /// it.
    /// </summary>
    private sealed class Meeting
    {
        private int _arrived;
        private bool _isOver;

        internal bool IsOver => Volatile.Read(ref _isOver);

        internal void End() => Volatile.Write(ref _isOver, true);

        internal void Pass()
        {
            int phase = (Interlocked.Increment(ref _arrived) + 1) / 2;
            for (int spins = 1; Volatile.Read(ref _arrived) < phase * 2 && !IsOver; spins++)
            {
                if (spins % 1000 == 0)
                {
                    Thread.Yield();
                }
            }
        }
    }
}
