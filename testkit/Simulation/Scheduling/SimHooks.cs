using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Zurau.Testing.Simulation;

/// <summary>Reports the engine's steps to the simulator.</summary>
internal class SimHooks(SimProcess process) : LogHooks
{
    internal override bool OwnsContinuations => true;

    /// <summary>True while a cleaned segment replaces its sources.</summary>
    internal bool IsSwapping { get; private set; }

    protected World World => process.World;

    internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
    {
        Actor actor = World.RequireCurrent(StepPoint.Of(point));
        actor.Copy = point switch
        {
            LogPoint.AppendCopying => new PendingCopy(segment!.Region!, position + BatchHeaderSize, length - BatchHeaderSize),
            LogPoint.AppendCopied => new PendingCopy(segment!.Region!, position, length),
            LogPoint.AppendPublished => null,
            _ => actor.Copy,
        };
        if (point == LogPoint.RollSealed && World.HasOtherCopies(actor))
        {
            World.Probe("roll while an append copies");
        }
        else if (point == LogPoint.RollLinked && World.ParkedReaders > 0)
        {
            World.Probe("roll while a fetch is parked");
        }

        if (segment is not null && SegmentWord.Position(Volatile.Read(ref segment.Reservation)) > NearLimit)
        {
            ProbeNearLimit(point);
        }

        IsSwapping = point switch
        {
            LogPoint.CleanSwapping or LogPoint.CleanReplaced or LogPoint.CleanRenaming => true,
            LogPoint.CleanSwapped => false,
            _ => IsSwapping,
        };
        World.Step(StepPoint.Of(point), segment?.Path, position, length);
        if (IsThrownAt(point) && World.Faults.ThrowInto(actor, StepPoint.Of(point)) is { } exception)
        {
            if (IsSwapping)
            {
                World.Probe("a duty throws while cleaning swaps");
            }

            throw exception;
        }
    }

    internal override void OnException(Exception exception)
    {
        if (!World.IsExpected(exception))
        {
            World.Fail(exception);
        }
    }

    internal override void Wait(LogPoint point) => World.Spin(StepPoint.Of(point));

    internal override void Complete(TaskCompletionSource<ErrorCode> completion, ErrorCode error)
    {
        World.RequireCurrent(StepPoint.Continuation);
        process.Post(completion, error);
    }

    private void ProbeNearLimit(LogPoint point)
    {
        string? what = point switch
        {
            LogPoint.AppendReserved => "append",
            LogPoint.RollSealed => "roll",
            LogPoint.RecoverySegment => "recovery",
            _ => null,
        };
        if (what is not null)
        {
            World.Probe($"{what} near 2 GiB");
        }
    }

    /// <summary>
    /// Returns true for steps of duties at which an allocation can fail, and for those
    /// between which the segment list and the file names change; false between reserve
    /// and publish, where no exception is allowed.
    /// </summary>
    private static bool IsThrownAt(LogPoint point) => point is
        LogPoint.FlushBegun or LogPoint.FlushEndKnown or LogPoint.FlushDone or LogPoint.FlushMoved
        or LogPoint.RollPrepared or LogPoint.RollSealed or LogPoint.RollNamed or LogPoint.RollListed or LogPoint.RollLinked
        or LogPoint.RetentionListed or LogPoint.StartMoved or LogPoint.RemovedFromList
        or LogPoint.CleanMapped or LogPoint.CleanCopied or LogPoint.CleanSwapping or LogPoint.CleanReplaced or LogPoint.CleanRenaming
        or LogPoint.CleanSwapped or LogPoint.CleanDone
        or LogPoint.MarkerAppended or LogPoint.TransactionReplayed;

    private const int NearLimit = int.MaxValue - (1 << 20);

    private const int BatchHeaderSize = Engine.Records.BatchLayout.HeaderSize;
}
