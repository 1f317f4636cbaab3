namespace Zurau.Engine.Log;

/// <summary>
/// How long a flush waits for more senders (group commit). Senders that each wait for their last batch before they send the next append again
/// shortly after a flush has answered them. A flush that began with the first of them would serve half of them. So the flusher waits until as many
/// have appended as were answered, at most half as long as the last flush took: a sender that stays away costs the others that much, once. A single
/// sender is never waited for.
/// </summary>
internal sealed class GroupCommitWait(TimeProvider time, LogHooks? hooks)
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMicroseconds(250); // The time in which a hundred senders come back.
    private long _joined; // Senders so far; any thread.
    private long _expected; // The two below are the flusher's: how many will have come when all are back.
    private TimeSpan _longestWait;

    internal void NoteJoined() => Interlocked.Increment(ref _joined);

    /// <summary>A flush that began at a timestamp has answered some senders.</summary>
    internal void NoteFlushed(int answered, long began)
    {
        TimeSpan half = time.GetElapsedTime(began) / 2;
        _longestWait = half < s_longestWait ? half : s_longestWait;
        _expected = Volatile.Read(ref _joined) + answered;
    }

    /// <summary>Waits for senders that were answered, and only where somebody is waiting already. In a simulation nobody is waited for.</summary>
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
