namespace Zurau.Engine.Log;

/// <summary>Somebody who waits for a log's end to reach an offset. May stand in several logs' lists; the first to reach it wins.</summary>
internal sealed class OffsetWaiter(Completion completion, long offset)
{
    internal readonly long Offset = offset;
    internal OffsetWaiter? Below; // Belongs to the list that holds the waiter.

    internal bool IsDone => completion.Task.IsCompleted;

    internal void Complete(ErrorCode error) => completion.Complete(error);
}
