namespace Zurau.Engine.Log;

/// <summary>
/// The offset below which every transaction is completed: readers of committed records see
/// nothing at or above it. One word, moved by <see cref="LogIndexer"/> once the aborted
/// transactions below it can be found. Thread-safe.
/// </summary>
internal sealed class LastStableOffset
{
    private long _offset;

    internal LastStableOffset(LogContext context, long recovered)
    {
        _offset = recovered;
        Waiters = new OffsetWaiters(Read, context.Hooks);
    }

    internal OffsetWaiters Waiters { get; }

    internal long Read() => Volatile.Read(ref _offset);

    /// <summary>Moves it up; <see cref="OffsetWaiters.Complete"/> follows. One caller at a time.</summary>
    internal void MoveTo(long offset) => Volatile.Write(ref _offset, offset);
}
