namespace Zurau.Engine.Log;

/// <summary>
/// Group commit at its best: many senders that each wait for their last batch before they send the next come back moments after a flush
/// has answered them. A flush that began with the first of them would leave the others to the next one, and every flush would serve half
/// of them. So the flusher waits until as many have come as were answered, and never longer than half of what the last flush took: who does
/// not come back costs the others that much, once. A lone sender is never waited for.
/// </summary>
internal sealed class SenderGathering(TimeProvider time, LogHooks? hooks)
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
