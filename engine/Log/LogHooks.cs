using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Observes the steps of a log for a simulator or a test, which may switch threads, crash or
/// throw there. In production the reference is null and is checked per step, never within a
/// copy. Hooks do not change behavior: planted faults are patches
/// (simulation/Mutants/Patches).
/// </summary>
internal class LogHooks : SegmentHooks
{
    /// <summary>
    /// A duty or its work for one partition threw; production reports it and continues.
    /// </summary>
    internal virtual void OnException(Exception exception)
    {
    }

    /// <summary>
    /// A step was reached. The range is the batch for the steps of an append, else empty.
    /// </summary>
    internal virtual void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
    {
    }

    /// <inheritdoc/>
    internal sealed override void AtExtended() => At(LogPoint.ExtendAllocated);

    /// <summary>
    /// Whether <see cref="Complete"/> is called to complete waits, instead of running their
    /// continuations on the thread pool.
    /// </summary>
    internal virtual bool OwnsContinuations => false;

    /// <summary>
    /// Completes a wait, now or later, at a point at which its continuations may run.
    /// </summary>
    internal virtual void Complete(TaskCompletionSource<ErrorCode> completion, ErrorCode error) => completion.TrySetResult(error);
}
