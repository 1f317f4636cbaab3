using Zurau;
using Zurau.Engine.Log;

namespace Engine.Tests.Support;

/// <summary>
/// Continues after a wait on the thread that ends it, so that a test with stepped
/// duties has one thread and one order.
/// </summary>
internal class InlineHooks : LogHooks
{
    internal override bool OwnsContinuations => true;

    internal override void Complete(TaskCompletionSource<ErrorCode> completion, ErrorCode error)
    {
        // With a context of the test runner's, continuations would go to the thread pool.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            completion.TrySetResult(error);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }
}
