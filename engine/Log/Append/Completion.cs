using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// A wait that is completed once. Its continuations never run on the completing thread: they
/// run on the thread pool in production, and as the simulator schedules them in a simulation.
/// </summary>
internal sealed class Completion(LogHooks? hooks)
    : TaskCompletionSource<ErrorCode>(hooks is { OwnsContinuations: true } ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>Completes the wait unless it is completed already.</summary>
    internal void Complete(ErrorCode error)
    {
        if (hooks is { OwnsContinuations: true })
        {
            hooks.Complete(this, error);
        }
        else
        {
            TrySetResult(error);
        }
    }
}
