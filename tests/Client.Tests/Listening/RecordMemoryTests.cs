using Zurau.Listening;

namespace Client.Tests.Listening;

/// <summary>The memory in which a listener keeps the records of a poll.</summary>
public sealed class RecordMemoryTests
{
    [Fact]
    public void Copied_bytes_stay_until_the_memory_is_reused()
    {
        var random = new Random(1);
        var memory = new RecordMemory();
        for (int poll = 0; poll < 20; poll++)
        {
            byte[][] given = [.. Enumerable.Range(0, random.Next(600)).Select(i => Bytes(Size(random), (byte)(poll + i)))];
            ReadOnlyMemory<byte>[] copies = [.. given.Select(bytes => memory.Copy(bytes))];

            Assert.All(copies.Zip(given), pair => Assert.True(pair.First.Span.SequenceEqual(pair.Second)));
            memory.Reuse();
        }
    }

    [Fact]
    public void Small_records_share_memory_that_is_used_again_and_large_ones_have_their_own()
    {
        var memory = new RecordMemory();
        byte[] small = Bytes(100, 1);
        byte[] large = Bytes(RecordMemory.LargestShared + 1, 2);
        memory.Copy(small);
        memory.Reuse();

        const int Records = 1000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Records; i++)
        {
            memory.Copy(small);
            memory.Reuse();
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, RecordMemory.ChunkBytes);
        Assert.InRange(Allocated(() => memory.Copy(large)), large.Length, 2 * large.Length);
    }

    // None, a few, about as much as may share, more.
    private static int Size(Random random) => random.Next(4) switch
    {
        0 => random.Next(2),
        1 => random.Next(200),
        2 => RecordMemory.LargestShared + random.Next(-1, 2),
        _ => random.Next(20_000),
    };

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Bytes(int count, byte fill)
    {
        byte[] bytes = new byte[count];
        Array.Fill(bytes, fill);
        return bytes;
    }
}
