using System.Diagnostics.CodeAnalysis;
using Zurau.Embedded.Producing.Sessions;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// The sealed batches of one partition: ready in the order in which they were sealed, then in flight in the order in which they were
/// appended, until their results are taken in that order. Decides about retries. Every member needs the lock of the
/// <see cref="PartitionQueue"/> that owns it.
/// </summary>
internal sealed class BatchLines(ProducerSession session)
{
    private readonly PartitionSequences _sequences = new(session);
    private Func<ProducerBatch, bool>? _wantsRetry;
    private BatchFifo _ready;
    private BatchFifo _inFlight;

    private int _inFlightCount;

    // A batch failed and may be tried again: nothing new is appended until it is clear whether order allows that.
    private bool _isHeld;
    private long? _retryAtMs;

    internal bool IsEmpty => _ready.IsEmpty && _inFlight.IsEmpty;

    /// <summary>When something is to be done although no answer comes, in milliseconds of the pump's clock; the longest time for never.</summary>
    /// <param name="isAppending">Whether somebody appends just now, who looks at the ready ones himself.</param>
    internal long DueMs(bool isAppending)
    {
        long dueMs = long.MaxValue;
        if (_inFlight.Head is { } inFlight && (!inFlight.HasResult || inFlight.WantsRetry))
        {
            dueMs = inFlight.DeliveryDeadlineMs;
        }

        if (_ready.Head is { } ready && !isAppending)
        {
            dueMs = Math.Min(dueMs, Math.Min(_retryAtMs ?? long.MaxValue, ready.DeliveryDeadlineMs));
        }

        return dueMs;
    }

    internal void AddReady(ProducerBatch batch) => _ready.Enqueue(batch);

    /// <summary>Takes the next batch to append; it is in flight then.</summary>
    internal bool TryTakeReady(RecordAccumulator clock, [NotNullWhen(true)] out ProducerBatch? batch)
    {
        // Those that were given up while they waited only pass through, in order. The back-off was theirs.
        while (_ready.Head is { HasResult: true })
        {
            MoveToFlight();
            _retryAtMs = null;
        }

        batch = null;
        if (_isHeld || _ready.IsEmpty || clock.NowMs < _retryAtMs || _inFlightCount >= clock.MaxInFlight || !TryRepair())
        {
            return false;
        }

        _retryAtMs = null;
        batch = MoveToFlight();
        return true;
    }

    /// <summary>Numbers the batch that is about to be appended. Only by who appends: the order of calls is that of the numbers.</summary>
    internal void Stamp(ProducerBatch batch) => _sequences.Stamp(batch);

    /// <summary>Notes what the transport answered or threw.</summary>
    internal void SetResult(ProducerBatch batch, ProduceResult result, Exception? cause)
    {
        if (cause is null)
        {
            // The log has it, and does not remember where: older brokers say so.
            result = result.Error == ErrorCode.DuplicateSequenceNumber ? new ProduceResult(ErrorCode.None, -1, -1, null) : result;
            batch.SetResult(result, isFinal: false);
            _isHeld |= WantsRetry(batch);
            return;
        }

        ErrorCode error = cause is KafkaException kafka ? kafka.Error : ErrorCode.UnknownServerError;
        batch.SetResult(new ProduceResult(error, -1, -1, cause.Message), isFinal: true, cause);
    }

    /// <summary>Takes the next batch whose result is to be delivered; puts those that are to be tried again back in line.</summary>
    internal bool TryTakeResult(RecordAccumulator clock, [NotNullWhen(true)] out ProducerBatch? batch)
    {
        batch = null;
        if (_inFlight.Head is not { HasResult: true } head || (WantsRetry(head) && !MustGiveUp(head, clock)))
        {
            return false;
        }

        batch = _inFlight.Dequeue();
        _inFlightCount--;
        if (batch.Result.Error != ErrorCode.None)
        {
            _sequences.OnFailed(batch, isRefused: !batch.IsFinal && !batch.Result.Error.IsRetriable() && !_sequences.IsGap(batch.Result.Error));
        }

        _isHeld = _isHeld && Any(_inFlight.Head, _wantsRetry ??= WantsRetry);
        return true;
    }

    /// <summary>Gives everything up that is too old and has no result, or only one that would be retried.</summary>
    internal void Fail(ProduceResult result, long nowMs)
    {
        Fail(_inFlight.Head, result, nowMs);
        Fail(_ready.Head, result, nowMs);
    }

    /// <summary>Gives up everything that has no result, or only what was not appended and what would be appended once more.</summary>
    internal void GiveUp(ProduceResult result, bool isAll)
    {
        Fail(_ready.Head, result, long.MaxValue);
        for (ProducerBatch? batch = _inFlight.Head; batch is not null; batch = batch.Next)
        {
            if (batch.WantsRetry || (isAll && !batch.HasResult))
            {
                batch.SetResult(result, isFinal: true);
            }
        }
    }

    private static void Fail(ProducerBatch? first, ProduceResult result, long nowMs)
    {
        for (ProducerBatch? batch = first; batch is not null && batch.DeliveryDeadlineMs <= nowMs; batch = batch.Next)
        {
            if (!batch.HasResult || batch.WantsRetry)
            {
                string? lastError = batch.Result.Message;
                batch.SetResult(lastError is null ? result : result with { Message = $"{result.Message} Last error: {lastError}" }, isFinal: true);
            }
        }
    }

    private static bool Any(ProducerBatch? first, Func<ProducerBatch, bool> condition)
    {
        for (ProducerBatch? batch = first; batch is not null; batch = batch.Next)
        {
            if (condition(batch))
            {
                return true;
            }
        }

        return false;
    }

    private ProducerBatch MoveToFlight()
    {
        ProducerBatch batch = _ready.Dequeue();
        _inFlight.Enqueue(batch);
        _inFlightCount++;
        return batch;
    }

    private bool WantsRetry(ProducerBatch batch) => batch.WantsRetry || (batch is { HasResult: true, IsFinal: false } && _sequences.IsGap(batch.Result.Error));

    // With everything in flight answered it is clear who needs new numbers: all that are ready once more.
    private bool TryRepair()
    {
        if (!_sequences.NeedsRepair)
        {
            return true;
        }

        if (Any(_inFlight.Head, static batch => !batch.HasResult))
        {
            return false;
        }

        _sequences.Repair();
        for (ProducerBatch? batch = _ready.Head; batch is not null; batch = batch.Next)
        {
            batch.Stamp(ProducerIdentity.None, -1);
        }

        return true;
    }

    // The head of what is in flight has an error that may pass. It may go again if the log recognises what it has already, or if nothing
    // behind it got into the log: then it and what follows it are appended again in their order. Else a retry would turn the order round
    // or write a record twice, so it fails.
    private bool MustGiveUp(ProducerBatch head, RecordAccumulator clock)
    {
        if (Any(head, static batch => !batch.HasResult))
        {
            return false;
        }

        long nowMs = clock.NowMs;
        bool isSplit = head.MustSplit;
        if (head.DeliveryDeadlineMs <= nowMs
            || (!isSplit && head.FailedAttempts >= clock.Retries)
            || (!head.IsStamped && Any(head, static batch => batch.Result.Error == ErrorCode.None)))
        {
            return true;
        }

        bool isBehindGap = _sequences.IsGap(head.Result.Error) && _sequences.NeedsRepair;
        if (isSplit)
        {
            _sequences.OnFailed(head, isRefused: true); // Its pieces have other numbers.
        }
        else if (_sequences.IsGap(head.Result.Error) && !isBehindGap)
        {
            _sequences.ExpectNewEpoch();
        }

        // A batch that only has to be smaller, or only came behind one that failed, has not failed.
        bool isInnocent = isSplit || isBehindGap;
        head.FailedAttempts += isInnocent ? 0 : 1;
        _retryAtMs = isInnocent ? nowMs : nowMs + clock.BackOffMs(head.FailedAttempts);
        _inFlight = clock.Split(_inFlight);
        head = _inFlight.Head!;
        for (ProducerBatch? batch = head; batch is not null; batch = batch.Next)
        {
            if (WantsRetry(batch))
            {
                batch.ClearResult();
            }
        }

        _ready.Prepend(ref _inFlight);
        _inFlightCount = 0;
        _isHeld = false;
        return false;
    }
}
