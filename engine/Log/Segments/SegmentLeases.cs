namespace Zurau.Engine.Log;

/// <summary>
/// Counts the leases on one segment, in one word: readers in the low half, the log's own lease
/// among them, and appenders in the high half. No readers and no appenders is final: the thread
/// that releases the last lease closes the segment's file. Thread-safe; embedded in
/// <see cref="LogSegment"/>, never copied.
/// </summary>
internal struct SegmentLeases
{
    private const long Reader = 1;
    private const long Appender = 1L << 32;

    /// <summary>
    /// The log has released its own lease. Separate from the counts, so that a last reader is
    /// never mistaken for the log itself.
    /// </summary>
    private const long GivenUp = 1L << 62;

    /// <summary>The file is being closed for a while, which takes microseconds.</summary>
    private const long Evicting = long.MinValue;

    private long _word = Reader; // The log's own lease.

    /// <summary>Creates the count with the log's own lease.</summary>
    public SegmentLeases()
    {
    }

    /// <summary>Whether all leases were released, which is final.</summary>
    internal readonly bool IsClosed => IsFinal(Volatile.Read(in _word));

    /// <summary>Whether the log has released its own lease.</summary>
    internal readonly bool IsGivenUp => (Volatile.Read(in _word) & GivenUp) != 0;

    internal readonly bool HasAppenders => (Volatile.Read(in _word) & ~GivenUp) >= Appender;

    internal bool TryAcquireForRead(SegmentHooks? hooks) => TryAcquire(Reader, hooks);

    internal bool TryAcquireForAppend(SegmentHooks? hooks) => TryAcquire(Appender, hooks);

    /// <summary>Releases a reader's lease; true if it was the last lease.</summary>
    internal bool ReleaseRead() => IsFinal(Interlocked.Add(ref _word, -Reader));

    /// <summary>Releases an appender's lease; true if it was the last lease.</summary>
    internal bool ReleaseAppend() => IsFinal(Interlocked.Add(ref _word, -Appender));

    /// <summary>
    /// Releases the log's own lease, once; true if it was the last lease. Waits for an eviction.
    /// </summary>
    internal bool GiveUp(SegmentHooks? hooks)
    {
        long leases = Volatile.Read(in _word);
        while (true) // Ends when the count is changed.
        {
            if (leases == Evicting)
            {
                SegmentHooks.Wait(hooks, LogPoint.WaitEviction);
            }
            else if (Interlocked.CompareExchange(ref _word, leases - Reader + GivenUp, leases) == leases)
            {
                return IsFinal(leases - Reader + GivenUp);
            }

            leases = Volatile.Read(in _word);
        }
    }

    /// <summary>
    /// Begins to close the file if the only lease is the log's own; until
    /// <see cref="EndEviction"/>, which must follow, threads that acquire a lease wait.
    /// </summary>
    internal bool TryBeginEviction() => Interlocked.CompareExchange(ref _word, Evicting, Reader) == Reader;

    internal void EndEviction() => Volatile.Write(ref _word, Reader);

    private static bool IsFinal(long leases) => leases is 0 or GivenUp;

    private bool TryAcquire(long lease, SegmentHooks? hooks)
    {
        long leases = Volatile.Read(in _word);
        while (leases is > 0 and < GivenUp || leases == Evicting)
        {
            if (leases == Evicting)
            {
                SegmentHooks.Wait(hooks, LogPoint.WaitEviction);
                leases = Volatile.Read(in _word);
                continue;
            }

            long seen = Interlocked.CompareExchange(ref _word, leases + lease, leases);
            if (seen == leases)
            {
                return true;
            }

            leases = seen;
        }

        return false;
    }
}
