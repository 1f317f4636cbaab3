namespace Zurau.Embedded.Producing.Sessions;

/// <summary>
/// What the log knows a producer by, for all its partitions. A new <see cref="Basis"/> means that sequences begin at 0 again, in each
/// partition with its next batch. Thread-safe.
/// </summary>
internal sealed class ProducerSession(IBatchLog log, ProducerOptions options)
{
    private readonly Lock _lock = new();
    private Task<ProduceResult>? _request; // The last one; under the lock.
    private volatile Identity? _basis;
    private volatile Identity? _exhausted;

    internal bool IsIdempotent { get; } = options.IsIdempotent;

    internal bool IsTransactional { get; } = options.TransactionalId is not null;

    /// <summary>The identity that partitions begin from; null before there is one.</summary>
    internal Identity? Basis => _basis;

    /// <summary>Makes sure that there is an identity; completes at once but for the first time. The answer says why there is none.</summary>
    internal ValueTask<ProduceResult> PrepareAsync()
    {
        Identity? basis = _basis;
        if (!IsIdempotent || (basis is not null && basis != _exhausted))
        {
            return default;
        }

        lock (_lock)
        {
            if (_basis is not null && _basis != _exhausted)
            {
                return default;
            }

            // One that has failed is made anew; who waits for it has its answer.
            _request = _request is { IsCompleted: false } ? _request : RequestAsync();
            return new ValueTask<ProduceResult>(_request);
        }
    }

    internal void Set(ProducerIdentity identity) => _basis = new Identity(identity);

    /// <summary>A partition has used up the epochs of this identity: the next batch of any takes a new id.</summary>
    internal void Exhaust(Identity basis) => _exhausted = basis;

    private async Task<ProduceResult> RequestAsync()
    {
        ProducerIdentityResult result = await log
            .InitProducerIdAsync(null, options.TransactionTimeoutMs, ProducerIdentity.None)
            .ConfigureAwait(false);
        if (result.Error == ErrorCode.None)
        {
            Set(result.Identity);
        }

        return new ProduceResult(result.Error, -1, -1, result.Message);
    }

    /// <summary>An identity that is told from one with the same numbers.</summary>
    internal sealed class Identity(ProducerIdentity value)
    {
        internal ProducerIdentity Value { get; } = value;
    }
}
