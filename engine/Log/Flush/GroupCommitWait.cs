namespace Zurau.Engine.Log;

/// <summary>
/// Bounds how long a flush waits for more senders (group commit). A sender that waits for its
/// last batch before it sends the next appends again shortly after a flush has completed its
/// wait. A flush that starts at the first of them would serve half of them. So the flusher
/// waits until as many have appended as were completed, at most half as long as the last flush
/// took: a sender that stops sending delays the others by that time, once. The flusher never
/// waits for a single sender.
/// </summary>
internal sealed class GroupCommitWait(TimeProvider time, LogHooks? hooks)
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMicroseconds(250); // The time in which a hundred senders append again.
    private long _joined; // Senders so far; any thread.
    private long _expected; // This and the next field belong to the flusher: the count when all have appended again.
    private TimeSpan _longestWait;

    internal void NoteJoined() => Interlocked.Increment(ref _joined);

    /// <summary>Notes that a flush that began at a timestamp has completed some waits.</summary>
    internal void NoteFlushed(int answered, long began)
    {
        TimeSpan half = time.GetElapsedTime(began) / 2;
        _longestWait = half < s_longestWait ? half : s_longestWait;
        _expected = Volatile.Read(ref _joined) + answered;
    }

    /// <summary>
    /// Waits for the senders whose waits were completed. Does not wait in a simulation.
    /// </summary>
    internal void Wait()
    {
        if (hooks is not null)
        {
            return;
        }

        long began = time.GetTimestamp();
        while (Volatile.Read(ref _joined) < Volatile.Read(ref _expected) && time.GetElapsedTime(began) < _longestWait)
        {
            Thread.Yield();
        }
    }
}
