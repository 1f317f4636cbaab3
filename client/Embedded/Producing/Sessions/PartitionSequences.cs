using Zurau.Embedded.Producing.Batches;

namespace Zurau.Embedded.Producing.Sessions;

/// <summary>
/// Numbers the records of one partition, so that the log writes each once. A batch that failed for good leaves a gap that the log would
/// refuse everything behind; it is repaired before the next append: where the log has refused the batch its numbers are used again, and
/// where nobody knows, numbers begin at 0 in a new epoch, which is this partition's alone. Guarded by the lock of its
/// <see cref="PartitionQueue"/>.
/// </summary>
internal sealed class PartitionSequences(ProducerSession session)
{
    private ProducerSession.Identity? _basis;
    private ProducerIdentity _identity;
    private int _next;
    private int? _rewindTo;
    private bool _wantsNewEpoch;

    internal bool NeedsRepair => _rewindTo is not null || _wantsNewEpoch;

    /// <summary>
    /// Whether the error means that the log misses a batch before this one: with the gap repaired it may go again. In a transaction
    /// nothing is repaired: it is aborted.
    /// </summary>
    internal bool IsGap(ErrorCode error) =>
        session.IsIdempotent && !session.IsTransactional && error is ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId;

    /// <summary>Gives a batch its numbers, unless it has them.</summary>
    internal void Stamp(ProducerBatch batch)
    {
        if (!session.IsIdempotent || batch.IsStamped)
        {
            return;
        }

        if (session.Basis is { } basis && basis != _basis)
        {
            _basis = basis;
            _identity = basis.Value;
            _next = 0;
        }

        batch.Stamp(_identity, _next);
        _next = (int)(((long)_next + batch.Builder.Count) & int.MaxValue);
    }

    /// <summary>A batch with numbers failed for good.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="isRefused">Whether the log has said that it does not have it.</param>
    internal void OnFailed(ProducerBatch batch, bool isRefused)
    {
        if (session.IsTransactional || !batch.IsStamped || batch.Identity != _identity)
        {
            return;
        }

        if (isRefused)
        {
            _rewindTo ??= batch.BaseSequence; // Results come in order, so the first is the lowest.
        }
        else
        {
            _wantsNewEpoch = true;
        }
    }

    /// <summary>Closes the gap; whoever has numbers of it needs new ones.</summary>
    internal void Repair()
    {
        if (_wantsNewEpoch)
        {
            BeginEpoch();
        }
        else if (_rewindTo is { } sequence)
        {
            _next = sequence;
        }

        _rewindTo = null;
        _wantsNewEpoch = false;
    }

    /// <summary>The log knows other numbers than this partition does: all begin anew.</summary>
    internal void ExpectNewEpoch() => _wantsNewEpoch = true;

    private void BeginEpoch()
    {
        if (_identity.Epoch == short.MaxValue && _basis is not null)
        {
            session.Exhaust(_basis);
            return;
        }

        _identity = _identity with { Epoch = (short)(_identity.Epoch + 1) };
        _next = 0;
    }
}
