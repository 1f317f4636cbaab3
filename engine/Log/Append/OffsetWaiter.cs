namespace Zurau.Engine.Log;

/// <summary>
/// A waiter for a log's end to reach an offset. May be in the lists of several logs; the first
/// to reach the offset completes it.
/// </summary>
internal sealed class OffsetWaiter(Completion completion, long offset)
{
    internal readonly long Offset = offset;
    internal OffsetWaiter? Below; // Belongs to the list that holds the waiter.

    internal bool IsDone => completion.Task.IsCompleted;

    internal void Complete(ErrorCode error) => completion.Complete(error);
}
