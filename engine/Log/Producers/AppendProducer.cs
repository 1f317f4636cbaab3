using Zurau.Engine.Common;
using Zurau.Engine.Records;

namespace Zurau.Engine.Log;

/// <summary>
/// The state of one producer at the reserved end: it decides whether the producer's next batch
/// or marker may be reserved. Every member except <see cref="Enter"/> belongs to the thread
/// between <see cref="Enter"/> and <see cref="Exit"/>: appends and markers of this producer,
/// adding the partition to its transaction, and its expiry. Other producers do not wait.
/// Appends change it only when space is reserved.
/// </summary>
internal sealed class AppendProducer(long producerId)
{
    private RecentBatches _recent;
    private short _addedEpoch;
    private bool _isAddedWithBump;
    private short _markerEpoch = -1;
    private bool _isMarkerCommit;
    private AppendedBatch _marker;
    private int _gate;
    private bool _isRestored; // Recovered from disk, and it has not appended since.

    internal long ProducerId { get; } = producerId;

    /// <summary>The newest epoch in this log; -1 before its first batch or marker.</summary>
    internal short Epoch { get; private set; } = -1;

    /// <summary>Sequence of its last record of this epoch; -1 for none.</summary>
    internal int LastSequence { get; private set; } = Sequence.None;

    /// <summary>The exclusive end offset of its last batch or marker.</summary>
    internal long EndOffset { get; private set; } = -1;

    /// <summary>Largest timestamp of its last batch or marker.</summary>
    internal long LastTimestamp { get; private set; } = -1;

    internal int CoordinatorEpoch { get; private set; } = -1;

    /// <summary>The first offset of its open transaction; -1 for none.</summary>
    internal long TransactionFirstOffset { get; private set; } = -1;

    /// <summary>
    /// Whether the coordinator has added the partition to the producer's transaction, and no
    /// marker has ended it.
    /// </summary>
    internal bool IsAdded { get; private set; }

    /// <summary>
    /// Whether it was removed from the table; a thread that waited for its lock then gets the
    /// new entry.
    /// </summary>
    internal bool IsForgotten { get; private set; }

    /// <summary>Whether it has appended since the last expiry check.</summary>
    internal bool IsSeen { get; private set; } = true;

    /// <summary>
    /// The time of the last expiry check that found <see cref="IsSeen"/> set, in milliseconds
    /// of the pump's clock.
    /// </summary>
    internal long SeenMs { get; private set; }

    private bool IsKnown => Epoch >= 0;

    private bool HasOpenTransaction => TransactionFirstOffset >= 0;

    // No batch, marker or transaction of it was ever accepted.
    private bool IsBlank => !IsKnown && !IsAdded;

    internal void Enter(LogHooks? hooks)
    {
        while (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
        {
            LogHooks.Wait(hooks, LogPoint.WaitProducer); // The holder reserves space, which may include a roll of the log.
        }
    }

    internal void Exit() => Volatile.Write(ref _gate, 0);

    internal void Restore(LoggedProducer state, RecentBatches recent)
    {
        _isRestored = true;
        Epoch = state.Epoch;
        LastSequence = state.LastSequence;
        EndOffset = state.LastOffset + 1;
        LastTimestamp = state.Timestamp;
        CoordinatorEpoch = state.CoordinatorEpoch;
        TransactionFirstOffset = state.TransactionFirstOffset;
        _recent = recent;
        if (recent.IsEmpty && state is { LastOffset: >= 0, LastSequence: >= 0 })
        {
            int firstSequence = Sequence.First(state.LastSequence, state.OffsetDelta);
            _recent.Add(new AppendedBatch(firstSequence, state.LastSequence, state.LastOffset - state.OffsetDelta, state.LastOffset + 1, -1));
        }
    }

    /// <summary>
    /// Checks a batch, in Kafka's order and with its codes; returns why it is refused, or null.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="origin">The sender.</param>
    /// <param name="partition">For messages.</param>
    /// <param name="original">The batch in the log if this one is a duplicate: it is answered
    /// with that; else null.</param>
    internal AppendRefusal? Check(RecordBatchView batch, AppendOrigin origin, TopicPartition partition, out AppendedBatch? original)
    {
        original = null;
        short epoch = batch.ProducerEpoch;
        bool isClient = origin == AppendOrigin.Client;
        int first = batch.BaseSequence;
        if (isClient && (first < 0 || epoch < 0))
        {
            return Refused(ErrorCode.InvalidRecord, partition, $"it has an epoch of {epoch} and a first sequence of {first}");
        }

        if (isClient && epoch == Epoch && _recent.TryFind(first, Sequence.Last(first, batch.LastOffsetDelta), out AppendedBatch sent))
        {
            original = sent;
            return null;
        }

        if (epoch < Epoch)
        {
            return Refused(ErrorCode.InvalidProducerEpoch, partition, $"its epoch is {epoch} and a newer one, {Epoch}, has written here");
        }

        // An open transaction has one epoch: a batch of a newer epoch, which the coordinator
        // does not assign while it is open, would leave it without a marker.
        if (batch.IsTransactional && !(HasOpenTransaction && epoch == Epoch) && !(IsAdded && _addedEpoch == epoch))
        {
            return Refused(
                ErrorCode.TransactionAbortable,
                partition,
                $"the partition is not in a transaction of epoch {epoch}: it was not added, or the transaction has ended. Abort it and begin a new one");
        }

        // The partition was added before the marker of the previous transaction could be
        // written: the batches would become part of that transaction and share its outcome.
        if (batch.IsTransactional && HasOpenTransaction && epoch > Epoch)
        {
            return Refused(ErrorCode.ConcurrentTransactions, partition, $"its epoch is {epoch} and the transaction of epoch {Epoch} has not ended there yet. Try again");
        }

        if (isClient && !IsNext(epoch, first))
        {
            return Refused(ErrorCode.OutOfOrderSequenceNumber, partition, $"its first sequence is {first} and the last one of epoch {Epoch} is {LastSequence}");
        }

        return !batch.IsTransactional && HasOpenTransaction
            ? Refused(ErrorCode.InvalidTxnState, partition, "it is not transactional, and the producer has an open transaction there")
            : null;
    }

    /// <summary>Updates the state with a batch for which space was reserved.</summary>
    internal void Accept(RecordBatchView batch, long baseOffset, long appendTimeMs)
    {
        if (batch.ProducerEpoch != Epoch)
        {
            Epoch = batch.ProducerEpoch;
            LastSequence = Sequence.None;
            _recent.Clear();
        }

        EndOffset = baseOffset + batch.LastOffsetDelta + 1;
        LastTimestamp = appendTimeMs >= 0 ? appendTimeMs : batch.MaxTimestamp;
        IsSeen = true;
        _isRestored = false;
        if (batch.BaseSequence >= 0)
        {
            var appended = AppendedBatch.Of(batch, baseOffset, appendTimeMs);
            LastSequence = appended.LastSequence;
            _recent.Add(appended);
        }

        if (batch.IsTransactional && !HasOpenTransaction)
        {
            TransactionFirstOffset = baseOffset;
        }
    }

    /// <summary>
    /// Checks a marker; returns why it is refused, or null. One that is in the log already is
    /// answered with that.
    /// </summary>
    internal AppendRefusal? Check(TransactionMarker marker, TopicPartition partition, out AppendedBatch? original)
    {
        original = null;
        if (marker.CoordinatorEpoch < CoordinatorEpoch)
        {
            return Refused(ErrorCode.TransactionCoordinatorFenced, partition, $"its coordinator has epoch {marker.CoordinatorEpoch} and one of epoch {CoordinatorEpoch} has written here");
        }

        if (!HasOpenTransaction && marker.Epoch == _markerEpoch && !IsAdded)
        {
            original = marker.IsCommit == _isMarkerCommit ? _marker : null;
            return original is null ? Refused(ErrorCode.InvalidTxnState, partition, $"the transaction of epoch {marker.Epoch} was ended the other way") : null;
        }

        bool isOld = marker.BumpsEpoch && HasOpenTransaction ? marker.Epoch <= Epoch : marker.Epoch < Epoch;
        return isOld ? Refused(ErrorCode.InvalidProducerEpoch, partition, $"its epoch is {marker.Epoch} and the partition knows {Epoch}") : null;
    }

    /// <summary>Updates the state with a marker for which space was reserved.</summary>
    internal void Accept(TransactionMarker marker, long offset, long timestampMs)
    {
        if (marker.Epoch != Epoch)
        {
            Epoch = marker.Epoch;
            LastSequence = Sequence.None;
            _recent.Clear();
        }

        EndOffset = offset + 1;
        LastTimestamp = timestampMs;
        CoordinatorEpoch = marker.CoordinatorEpoch;
        TransactionFirstOffset = -1;
        IsAdded = false;
        IsSeen = true;
        _isRestored = false;
        _markerEpoch = marker.Epoch;
        _isMarkerCommit = marker.IsCommit;
        _marker = new AppendedBatch(Sequence.None, Sequence.None, offset, offset + 1, -1);
    }

    /// <summary>
    /// Records that the coordinator has added the partition to the transaction of an epoch: its
    /// batches are accepted.
    /// </summary>
    /// <param name="epoch">The transaction's epoch.</param>
    /// <param name="bumpsEpoch">Whether each transaction has its own epoch, so that sequences
    /// begin at 0.</param>
    internal void AddToTransaction(short epoch, bool bumpsEpoch)
    {
        IsAdded = true;
        IsSeen = true;
        _isRestored = false;
        _addedEpoch = epoch;
        _isAddedWithBump = bumpsEpoch;
    }

    /// <summary>
    /// Marks the producer as forgotten if nothing of it was accepted: a refused request leaves
    /// nothing in memory.
    /// </summary>
    internal bool TryForgetBlank() => IsForgotten = IsBlank;

    /// <summary>
    /// Marks the producer as forgotten if it has been idle for the expiration time and has no
    /// open transaction.
    /// </summary>
    internal bool TryForget(long nowMs, long expirationMs, ExpiryTime wall)
    {
        if (IsSeen)
        {
            IsSeen = false;
            SeenMs = nowMs;
        }

        // The record timestamps show how long a restored producer was idle before the startup;
        // without a timestamp, or with one in the future, the idle time begins at the startup.
        long idleMs = nowMs - SeenMs;
        idleMs = _isRestored && LastTimestamp >= 0 ? Math.Max(idleMs, wall.EarliestMs - LastTimestamp) : idleMs;
        IsForgotten = idleMs >= expirationMs && !HasOpenTransaction && !IsAdded;
        return IsForgotten;
    }

    // An unknown producer may begin with any sequence: its state may have expired. If each
    // transaction has its own epoch it begins at 0.
    private bool IsNext(short epoch, int firstSequence) =>
        epoch == Epoch ? firstSequence == Sequence.Next(LastSequence)
        : firstSequence == 0 || (!IsKnown && !(IsAdded && _isAddedWithBump));

    private AppendRefusal Refused(ErrorCode error, TopicPartition partition, string what) =>
        new AppendRefusal(error, $"Producer {ProducerId} was refused at {partition}: {what}.");
}
