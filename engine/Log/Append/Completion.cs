using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// A wait that ends once. Whoever continues behind it never runs on the thread that ends it: on the thread pool in production, where the
/// simulator says in a simulation.
/// </summary>
internal sealed class Completion(LogHooks? hooks)
    : TaskCompletionSource<ErrorCode>(hooks is { OwnsContinuations: true } ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>Ends the wait, where nobody did before.</summary>
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
