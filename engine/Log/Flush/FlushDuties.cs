using Zurau.Engine.Common;

namespace Zurau.Engine.Log;

/// <summary>
/// A broker's flushers: several, so that a slow file delays only the logs of one flusher, and
/// one for the internal logs, so that the flush of a coordinator's record runs beside the
/// flushes of the topics' records.
/// </summary>
internal sealed class FlushDuties(HealthLog health) : IBackgroundWork
{
    private const int Internal = 3;
    private readonly FlushDuty[] _duties = [new(0, health), new(1, health), new(2, health), new(Internal, health)];

    public void Start(IDutyPump pump) => Array.ForEach(_duties, duty => duty.Start(pump));

    public void Stop() => Attempts.All([.. _duties.Select(static duty => (Action)duty.Stop)]);

    /// <summary>
    /// Completes when everything below an offset is published and durable; waits for the
    /// publication first.
    /// </summary>
    internal ValueTask<ErrorCode> WhenDurable(LogFlusher log, long endOffset)
    {
        ValueTask<ErrorCode> published = log.Published.WhenPublished(endOffset);
        return published.IsCompletedSuccessfully && published.Result == ErrorCode.None
            ? DutyOf(log).WhenDurable(log, endOffset)
            : WhenPublishedAndDurableAsync(published, log, endOffset);
    }

    /// <summary>Requests a flush of a log.</summary>
    internal void Request(LogFlusher log)
    {
        if (log.TryRequest())
        {
            DutyOf(log).Request(log);
        }
    }

    private FlushDuty DutyOf(LogFlusher log) => _duties[log.Context.Number is { } number ? number % Internal : Internal];

    private async ValueTask<ErrorCode> WhenPublishedAndDurableAsync(ValueTask<ErrorCode> published, LogFlusher log, long endOffset)
    {
        ErrorCode error = await published.ConfigureAwait(false);
        return error == ErrorCode.None ? await DutyOf(log).WhenDurable(log, endOffset).ConfigureAwait(false) : error;
    }
}
