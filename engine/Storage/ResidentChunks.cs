namespace Zurau.Engine.Storage;

/// <summary>
/// Tracks which chunks of a mapped segment were recently brought into memory, so that
/// readers make one system call per chunk instead of one per fetch. Bytes that are
/// appended to such a chunk later are in memory too. Thread-safe: a lost mark costs one
/// extra call.
/// </summary>
internal sealed class ResidentChunks(MappedRegion region)
{
    /// <summary>
    /// Instead of a time: populates only the requested range, for readers of a few bytes of
    /// many segments.
    /// </summary>
    internal const int WantedOnly = -1;

    private const int ChunkShift = 18;

    // The kernel evicts the least recently used pages first, so chunks populated within
    // this time are still in memory.
    private const int FreshSeconds = 1;
    private int[] _seconds = []; // By chunk; replaced by a longer copy. A mark lost in the meantime costs one extra call.

    /// <summary>
    /// Returns the seconds of a monotonic clock, at least 2, so that the initial 0 of a
    /// chunk is outdated.
    /// </summary>
    internal static int SecondsOf(TimeProvider time) => (int)(time.GetTimestamp() / time.TimestampFrequency) + FreshSeconds + 1;

    /// <summary>
    /// Populates the requested range in whole chunks, except chunks known to be in memory.
    /// </summary>
    /// <param name="position">The first requested byte.</param>
    /// <param name="end">The exclusive end of the requested range.</param>
    /// <param name="limit">The exclusive end of the accessible bytes.</param>
    /// <param name="nowSeconds">The result of <see cref="SecondsOf"/>, or
    /// <see cref="WantedOnly"/>.</param>
    /// <param name="readyEnd">The exclusive end of the bytes that can be read now.</param>
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
                    // A part of this chunk cannot be read; the requested part may be readable.
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
