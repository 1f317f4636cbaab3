using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// The offset below which every transaction is completed: readers of committed records see
/// nothing at or above it. One word, moved by <see cref="LogIndexer"/> once the aborted
/// transactions below it can be found. Thread-safe.
/// </summary>
internal sealed class LastStableOffset
{
    private readonly LogLifecycle _lifecycle;
    private readonly OffsetWaiters _waiters;
    private long _offset;

    internal LastStableOffset(LogContext context, long recovered)
    {
        _offset = recovered;
        _lifecycle = context.Lifecycle;
        _waiters = new OffsetWaiters(Read, context.Hooks);
    }

    internal long Read() => Volatile.Read(ref _offset);

    /// <summary>Moves it up; <see cref="CompleteWaiters"/> follows. One caller at a time.</summary>
    internal void MoveTo(long offset) => Volatile.Write(ref _offset, offset);

    /// <summary>Adds a waiter; if the log is not open it is completed with an error.</summary>
    internal void AddWaiter(OffsetWaiter waiter)
    {
        _waiters.Add(waiter);
        if (_lifecycle.State != LogState.Open)
        {
            _waiters.Fail(ErrorCode.NotLeaderOrFollower);
        }
    }

    internal void CompleteWaiters() => _waiters.Complete();

    internal void FailWaiters(ErrorCode error) => _waiters.Fail(error);
}
