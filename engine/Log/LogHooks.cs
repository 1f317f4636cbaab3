using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Observes the steps of a log for a simulator or a test, which may switch, crash or throw there. Production has none: a null reference that
/// is checked once per step, never within a copy. It breaks nothing: planted faults are patches (tests/Simulation.Tests/Mutants).
/// </summary>
internal class LogHooks : SegmentHooks
{
    /// <summary>A duty or its work for one partition threw; production reports it and goes on.</summary>
    internal virtual void OnException(Exception exception)
    {
    }

    /// <summary>A step was reached. The range is that of the batch for the steps of an append, else empty.</summary>
    internal virtual void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
    {
    }

    /// <inheritdoc/>
    internal sealed override void AtExtended() => At(LogPoint.ExtendAllocated);

    /// <summary>Whether <see cref="Complete"/> is called for waits that end, instead of leaving their continuations to the thread pool.</summary>
    internal virtual bool OwnsContinuations => false;

    /// <summary>Ends a wait, now or later, where its continuations may run.</summary>
    internal virtual void Complete(TaskCompletionSource<ErrorCode> completion, ErrorCode error) => completion.TrySetResult(error);
}
