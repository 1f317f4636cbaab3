namespace Zurau.Engine.Storage;

/// <summary>
/// Which parts of a mapped segment were brought into memory a moment ago, so that readers ask the kernel once a chunk and not once a
/// fetch. What is appended to such a chunk meanwhile is in memory too. Thread-safe: a lost mark costs a call.
/// </summary>
internal sealed class ResidentChunks(MappedRegion region)
{
    /// <summary>As a time: brings only what is wanted into memory, for who looks at a few bytes of many segments.</summary>
    internal const int WantedOnly = -1;

    private const int ChunkShift = 18;

    // The kernel takes the pages that were used longest ago, so what was populated within so many seconds is still there.
    private const int FreshSeconds = 1;
    private int[] _seconds = []; // By chunk; replaced by a longer copy. A mark that is lost meanwhile costs a call.

    /// <summary>Seconds of a clock that only goes on, from 2 at least, so that a chunk's 0 is long ago.</summary>
    internal static int SecondsOf(TimeProvider time) => (int)(time.GetTimestamp() / time.TimestampFrequency) + FreshSeconds + 1;

    /// <summary>Brings what is not known to be in memory there, whole chunks of it.</summary>
    /// <param name="position">The first byte wanted.</param>
    /// <param name="end">Behind the last byte wanted.</param>
    /// <param name="limit">Behind the last byte that may be touched.</param>
    /// <param name="nowSeconds">Of <see cref="SecondsOf"/>, or <see cref="WantedOnly"/>.</param>
    /// <param name="readyEnd">Behind the last byte that may be read now.</param>
    internal IoResult Populate(int position, int end, int limit, int nowSeconds, out int readyEnd)
    {
        readyEnd = position;
        if (nowSeconds == WantedOnly)
        {
            IoResult wanted = region.PopulateForRead(position, end - position);
            readyEnd = wanted.IsOk ? end : position;
            return wanted;
        }

        int chunk = position >> ChunkShift;
        while (readyEnd < end)
        {
            int chunkEnd = (int)Math.Min((long)(chunk + 1) << ChunkShift, limit);
            int[] seconds = Volatile.Read(ref _seconds);
            if (chunk >= seconds.Length || nowSeconds - Volatile.Read(ref seconds[chunk]) > FreshSeconds)
            {
                int start = chunk << ChunkShift;
                if (!region.PopulateForRead(start, chunkEnd - start).IsOk)
                {
                    // Something in this chunk cannot be read; what is wanted of it perhaps can.
                    int wantedEnd = Math.Min(end, chunkEnd);
                    IoResult result = region.PopulateForRead(readyEnd, wantedEnd - readyEnd);
                    if (!result.IsOk)
                    {
                        return result;
                    }

                    readyEnd = wantedEnd;
                    chunk++;
                    continue;
                }

                Mark(chunk, nowSeconds);
            }

            readyEnd = chunkEnd;
            chunk++;
        }

        return IoResult.Ok;
    }

    private void Mark(int chunk, int nowSeconds)
    {
        int[] seconds = Volatile.Read(ref _seconds);
        if (chunk >= seconds.Length)
        {
            Array.Resize(ref seconds, Math.Max(chunk + 1, seconds.Length * 2));
            Volatile.Write(ref _seconds, seconds);
        }

        Volatile.Write(ref seconds[chunk], nowSeconds);
    }
}
