using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// Where a simulator stands between the steps of a log, and what a test may break to prove that it notices. Production has none: a null
/// reference that is looked at once a step, never within a copy.
/// </summary>
internal class LogHooks
{
    /// <summary>Leaves out the full fence between publishing a batch and looking at the published end.</summary>
    internal virtual bool SkipsFullFence => false;

    /// <summary>Lets the push loop end at a sealed end instead of going on into the next segment.</summary>
    internal virtual bool StopsAtSealedEnd => false;

    /// <summary>Lets cleaning take markers of transactions for records with keys.</summary>
    internal virtual bool DeduplicatesMarkers => false;

    /// <summary>Lets the push loop go on into the next segment although this one is not published to its seal.</summary>
    internal virtual bool CrossesUnfinishedSegments => false;

    /// <summary>Takes index files at their word after an unclean end.</summary>
    internal virtual bool TrustsIndexesAfterCrash => false;

    /// <summary>Ends whatever transaction is ongoing, whichever epoch the request has.</summary>
    internal virtual bool IgnoresEpochInEndTransaction => false;

    /// <summary>Lets a fetch look at the last stable offset once more for its end than for its list of aborted transactions.</summary>
    internal virtual bool ReadsStableOffsetTwice => false;

    /// <summary>Lets the last stable offset pass an aborted transaction before that can be found.</summary>
    internal virtual bool PublishesAbortedLate => false;

    /// <summary>A duty or its work for one partition threw; production reports it and goes on.</summary>
    internal virtual void OnException(Exception exception)
    {
    }

    /// <summary>A step was reached. The range is that of the batch for the steps of an append, else empty.</summary>
    internal virtual void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
    {
    }

    /// <summary>Lets others go on; called again and again until what is waited for has happened.</summary>
    internal virtual void Wait(LogPoint point) => Thread.Yield();

    /// <summary>Whether <see cref="Complete"/> is called for waits that end, instead of leaving their continuations to the thread pool.</summary>
    internal virtual bool OwnsContinuations => false;

    /// <summary>Ends a wait, now or later, where its continuations may run.</summary>
    internal virtual void Complete(Completion completion, ErrorCode error) => completion.TrySetResult(error);

    /// <summary>One turn of a waiting loop; every such loop of the engine goes through here.</summary>
    internal static void Wait(LogHooks? hooks, LogPoint point)
    {
        if (hooks is null)
        {
            Thread.Yield();
        }
        else
        {
            hooks.Wait(point);
        }
    }
}
