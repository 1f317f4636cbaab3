namespace Orders;

/// <summary>What happened in this run. Written by the publisher and the listeners, read by the view; any thread.</summary>
internal sealed class RunCounters
{
    private long _published;
    private long _malformed;
    private long _handled;
    private long _again;
    private long _retried;
    private long _deadLettered;

    /// <summary>Orders whose publish was acknowledged.</summary>
    public long Published => Interlocked.Read(ref _published);

    /// <summary>Lines of the input that are not orders.</summary>
    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Orders billed for the first time.</summary>
    public long Handled => Interlocked.Read(ref _handled);

    /// <summary>Orders and dead letters that were delivered once more after they had been handled.</summary>
    public long Again => Interlocked.Read(ref _again);

    /// <summary>Deliveries after the first one.</summary>
    public long Retried => Interlocked.Read(ref _retried);

    /// <summary>Dead letters recorded for the first time.</summary>
    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    public void CountPublished() => Interlocked.Increment(ref _published);

    public void CountMalformed() => Interlocked.Increment(ref _malformed);

    public void CountHandled(bool isFirst) => Interlocked.Increment(ref isFirst ? ref _handled : ref _again);

    public void CountRetried() => Interlocked.Increment(ref _retried);

    public void CountDeadLettered(bool isFirst) => Interlocked.Increment(ref isFirst ? ref _deadLettered : ref _again);
}
