using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>A broker's flushers: a few, so that a slow file holds up only its own neighbours.</summary>
internal sealed class FlushDuties
{
    private readonly FlushDuty[] _duties = [new(0), new(1), new(2)];

    internal void Start(IDutyPump pump) => Array.ForEach(_duties, duty => duty.Start(pump));

    internal void Stop() => Array.ForEach(_duties, static duty => duty.Stop());

    /// <summary>Completes when what is published below an offset is durable too; waits for the publication first.</summary>
    internal ValueTask<ErrorCode> WhenDurable(PartitionLog log, long endOffset)
    {
        ValueTask<ErrorCode> published = log.WhenPublished(endOffset);
        return published.IsCompletedSuccessfully && published.Result == ErrorCode.None
            ? _duties[log.Number % _duties.Length].WhenDurable(log, endOffset)
            : WhenPublishedAndDurableAsync(published, log, endOffset);
    }

    private async ValueTask<ErrorCode> WhenPublishedAndDurableAsync(ValueTask<ErrorCode> published, PartitionLog log, long endOffset)
    {
        ErrorCode error = await published.ConfigureAwait(false);
        return error == ErrorCode.None ? await _duties[log.Number % _duties.Length].WhenDurable(log, endOffset).ConfigureAwait(false) : error;
    }
}
