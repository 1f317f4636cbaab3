namespace Zurau.Listening;

/// <summary>
/// One record given to its handler once; a record that is delivered again is another delivery, so an acknowledgment of the first one does
/// nothing. Acknowledging is thread-safe; <see cref="Nack"/> belongs to the handler.
/// </summary>
internal sealed class Delivery(OffsetTracker tracker, OffsetCommitter committer) : IAcknowledgment
{
    private bool _handlerReturned;

    public required long Offset { get; set; }

    public required int LeaderEpoch { get; set; }

    /// <summary>When the handler got it, in milliseconds of the loop's clock; only where handlers acknowledge, 0 otherwise.</summary>
    public long StartedMs { get; set; }

    /// <summary>Guarded by the tracker's lock.</summary>
    public DeliveryState State { get; set; }

    /// <summary>Set once somebody was told that it has been open for too long; only the loop uses it.</summary>
    public bool IsReported { get; set; }

    /// <summary>How long the handler wants its partition to wait; null when it did not say so.</summary>
    public TimeSpan? NackDelay { get; private set; }

    /// <inheritdoc/>
    public void Acknowledge()
    {
        if (NackDelay is null && tracker.Complete(this))
        {
            committer.Acknowledged();
        }
    }

    /// <inheritdoc/>
    public ValueTask AcknowledgeAsync(CancellationToken cancellationToken = default) =>
        NackDelay is null && tracker.Complete(this) ? committer.AcknowledgedAsync(cancellationToken) : default;

    /// <inheritdoc/>
    public void Nack(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        if (_handlerReturned)
        {
            throw new InvalidOperationException(
                $"Nack is for the time while the handler runs; offset {Offset} was handled. Leave it without an acknowledgment instead.");
        }

        NackDelay ??= delay;
    }

    /// <summary>Becomes the delivery of another record. Only where nobody has had it as an <see cref="IAcknowledgment"/>.</summary>
    public void Reuse(long offset, int leaderEpoch)
    {
        Offset = offset;
        LeaderEpoch = leaderEpoch;
        State = DeliveryState.Open;
        NackDelay = null;
        _handlerReturned = false;
    }

    /// <summary>Says that the handler is through: from now on only acknowledgments are possible.</summary>
    public void EndHandler() => _handlerReturned = true;
}
