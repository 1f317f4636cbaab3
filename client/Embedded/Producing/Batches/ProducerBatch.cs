using System.Runtime.CompilerServices;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Records;
using Zurau.Engine.Records.Compression;

namespace Zurau.Embedded.Producing.Batches;

/// <summary>
/// One batch of one partition, from its first record to its result. All its state is guarded by the lock of the
/// <see cref="PartitionQueue"/> that holds it, but for the builder and the completions once it is sealed: those belong to whoever
/// appends or delivers it.
/// </summary>
internal sealed class ProducerBatch(int capacity, int batchSize, BatchCompression compression, bool isPooled)
{
    private ConfiguredValueTaskAwaitable<ProduceResult>.ConfiguredValueTaskAwaiter _pending;
    private PartitionQueue? _queue;
    private Action? _onResult;

    internal RecordBatchBuilder Builder { get; } = new(new byte[capacity]) { Compression = compression };

    /// <summary>Bytes of its buffer.</summary>
    internal int Capacity { get; } = capacity;

    /// <summary>Bytes that it takes of <c>buffer.memory</c>.</summary>
    internal int ReservedBytes { get; set; } = capacity;

    /// <summary>Learns how small the records become; null where nobody wants to know.</summary>
    internal CompressionRatio? Ratio { get; set; }

    /// <summary>Compressed bytes per byte that are reckoned with while it fills.</summary>
    internal float ExpectedRatio { get; set; } = 1;

    /// <summary>False for a batch that was made for one record larger than <c>batch.size</c>.</summary>
    internal bool IsPooled { get; } = isPooled;

    internal List<RecordCompletion> Completions { get; } = [];

    /// <summary>The next batch of the queue that it is in.</summary>
    internal ProducerBatch? Next { get; set; }

    /// <summary>Its number in its partition, given when it is sealed.</summary>
    internal long Sequence { get; set; }

    /// <summary>When <c>linger.ms</c> is over, in milliseconds of the pump's clock.</summary>
    internal long LingerDeadlineMs { get; set; }

    /// <summary>When <c>delivery.timeout.ms</c> is over, in milliseconds of the pump's clock.</summary>
    internal long DeliveryDeadlineMs { get; set; }

    /// <summary>Somebody waits for a record of it: it is sealed as soon as nothing of its partition is under way.</summary>
    internal bool IsWanted { get; set; }

    /// <summary>How often it was appended in vain.</summary>
    internal int FailedAttempts { get; set; }

    internal bool HasResult { get; private set; }

    /// <summary>True when a retriable result is not to be retried any more.</summary>
    internal bool IsFinal { get; private set; }

    internal ProduceResult Result { get; private set; }

    /// <summary>The exception behind the result, where the transport threw one.</summary>
    internal Exception? Cause { get; private set; }

    /// <summary>What the log will know its producer by; an id of -1 until it is stamped, and without idempotence.</summary>
    internal ProducerIdentity Identity { get; private set; } = ProducerIdentity.None;

    /// <summary>Sequence of its first record, once it is stamped.</summary>
    internal int BaseSequence { get; private set; } = -1;

    internal bool IsStamped => Identity.ProducerId >= 0;

    /// <summary>True while the transport owes an answer; such a batch must not be reused.</summary>
    internal bool IsPending { get; set; }

    internal bool WantsRetry => HasResult && !IsFinal && (Result.Error.IsRetriable() || MustSplit);

    /// <summary>The log finds it too large, and it can be sent in pieces.</summary>
    internal bool MustSplit => HasResult && !IsFinal && Result.Error == ErrorCode.MessageTooLarge && Builder.Count > 1;

    /// <summary>
    /// Tells whether a record fits, as Kafka does it: one that comes is reckoned with its own size, those that are there with what they will
    /// be compressed to.
    /// </summary>
    internal bool HasRoomFor(int sizeUpperBound)
    {
        if (compression.Type == CompressionType.None || Builder.Count == 0)
        {
            return Builder.HasRoomFor(sizeUpperBound);
        }

        float expected = BatchLayout.HeaderSize + ((Builder.SizeBytes - BatchLayout.HeaderSize) * ExpectedRatio);
        return Builder.HasRoomFor(sizeUpperBound) && expected + sizeUpperBound <= batchSize;
    }

    /// <summary>Takes over when another batch was begun and when it must be there.</summary>
    internal void CopyTimes(ProducerBatch other)
    {
        LingerDeadlineMs = other.LingerDeadlineMs;
        DeliveryDeadlineMs = other.DeliveryDeadlineMs;
        IsWanted = other.IsWanted;
        FailedAttempts = other.FailedAttempts;
    }

    internal void SetResult(ProduceResult result, bool isFinal, Exception? cause = null)
    {
        Result = result;
        Cause = cause;
        IsFinal = isFinal;
        HasResult = true;
    }

    /// <summary>Takes the result back, to append the batch once more.</summary>
    internal void ClearResult()
    {
        HasResult = false;
        IsFinal = false;
        Cause = null;
    }

    /// <summary>Writes into its header who sends it and which sequences it has; an append once more has the same ones.</summary>
    internal void Stamp(ProducerIdentity identity, int baseSequence)
    {
        Identity = identity;
        BaseSequence = baseSequence;
        Builder.SetProducer(identity.ProducerId, identity.Epoch, baseSequence);
    }

    /// <summary>Calls the queue when its producer is ready: once in a producer's life, and once a partition and transaction.</summary>
    internal void AwaitPrepared(PartitionQueue queue, ValueTask<ProduceResult> prepared)
    {
        Task<ProduceResult> task = prepared.AsTask();
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => queue.OnPrepared(this, new ValueTask<ProduceResult>(task)));
    }

    /// <summary>Calls the queue when the transport answers.</summary>
    internal void Await(PartitionQueue queue, ValueTask<ProduceResult> pending)
    {
        _queue = queue;
        // Not on a caller's synchronization context, which may be blocked in a flush.
        _pending = pending.ConfigureAwait(false).GetAwaiter();
        _onResult ??= () => _queue!.OnAnswer(this);
        _pending.UnsafeOnCompleted(_onResult);
    }

    /// <summary>Takes the transport's answer; throws what the transport threw. Once per <see cref="Await"/>.</summary>
    internal ProduceResult TakeAnswer()
    {
        ConfiguredValueTaskAwaitable<ProduceResult>.ConfiguredValueTaskAwaiter pending = _pending;
        _pending = default;
        return pending.GetResult();
    }

    /// <summary>Makes it ready for other records.</summary>
    internal void Reset()
    {
        Builder.Reset();
        Builder.Compression = compression;
        Completions.Clear();
        Next = null;
        Sequence = 0;
        LingerDeadlineMs = 0;
        DeliveryDeadlineMs = 0;
        IsWanted = false;
        ReservedBytes = Capacity;
        Ratio = null;
        ExpectedRatio = 1;
        FailedAttempts = 0;
        Identity = ProducerIdentity.None;
        BaseSequence = -1;
        Result = default;
        ClearResult();
    }
}
