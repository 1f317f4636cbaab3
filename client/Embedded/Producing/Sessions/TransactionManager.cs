using Zurau.Engine.Common;

namespace Zurau.Embedded.Producing.Sessions;

/// <summary>
/// The transactions of one producer, one after the other: begin, send, commit or abort. A failure makes the transaction abortable, or the
/// producer useless; the exceptions' types say which. Thread-safe; its lock is held for moments.
/// </summary>
internal sealed class TransactionManager(IBatchLog log, TimeProvider time, ProducerOptions options, ProducerSession session)
{
    private const int BackOffMs = 20;
    private readonly string _id = options.TransactionalId!;
    private readonly Lock _lock = new();
    private readonly HashSet<TopicPartition> _added = []; // Under the lock, as all below.
    private TransactionPhase _phase;
    private KafkaException? _failure;
    private bool _hasBegun; // The coordinator may know of the transaction.

    /// <summary>Gets the identity of the transactional id; who had it before is fenced.</summary>
    internal async Task InitAsync(CancellationToken cancellationToken)
    {
        Move(TransactionPhase.Uninitialized, TransactionPhase.Uninitialized, "InitTransactionsAsync");
        ProducerIdentityResult result = await RetryAsync(
            () => log.InitProducerIdAsync(_id, options.TransactionTimeoutMs, ProducerIdentity.None),
            static result => result.Error,
            cancellationToken).ConfigureAwait(false);
        Finish(result, "Transactions could not be initialized", TransactionPhase.Uninitialized);
    }

    internal void Begin()
    {
        lock (_lock)
        {
            MoveLocked(TransactionPhase.Ready, TransactionPhase.InTransaction, "BeginTransaction");
            _added.Clear();
            _hasBegun = false;
        }
    }

    /// <summary>Refuses a send that would be in no transaction, or in one that has failed.</summary>
    internal void ThrowIfNotOpen()
    {
        lock (_lock)
        {
            if (_phase != TransactionPhase.InTransaction)
            {
                ThrowLocked("A send");
            }
        }
    }

    /// <summary>Makes sure that a partition is in the transaction before its first batch; the answer says why not.</summary>
    internal ValueTask<ProduceResult> PrepareAsync(TopicPartition partition)
    {
        lock (_lock)
        {
            if (_failure is { } failure)
            {
                return new ValueTask<ProduceResult>(new ProduceResult(ErrorCode.TransactionAbortable, -1, -1, $"an earlier failure of the transaction: {failure.Message}"));
            }

            if (_added.Contains(partition))
            {
                return default;
            }

            _hasBegun = true;
        }

        return AddAsync(partition);
    }

    /// <summary>A batch of the transaction was not delivered.</summary>
    internal void OnBatchFailed(ErrorCode error, string message, Exception? cause)
    {
        lock (_lock)
        {
            if (_phase is TransactionPhase.InTransaction or TransactionPhase.Committing && _failure is null)
            {
                FailLocked(error, $"A record of the transaction was not delivered: {message}", cause);
            }
        }
    }

    internal async Task CommitAsync(Func<Task> flush, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_phase != TransactionPhase.Committing)
            {
                MoveLocked(TransactionPhase.InTransaction, TransactionPhase.Committing, "CommitTransactionAsync");
            }
        }

        await flush().WaitAsync(cancellationToken).ConfigureAwait(false);
        await EndAsync(isCommit: true, cancellationToken).ConfigureAwait(false);
    }

    internal async Task AbortAsync(Func<Task> drop, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_phase is not (TransactionPhase.Aborting or TransactionPhase.MustAbort))
            {
                MoveLocked(TransactionPhase.InTransaction, TransactionPhase.Aborting, "AbortTransactionAsync");
            }

            _phase = TransactionPhase.Aborting;
        }

        await drop().WaitAsync(cancellationToken).ConfigureAwait(false);
        await EndAsync(isCommit: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Aborts what a producer that is being closed leaves open, as the Java client does: readers of committed records would wait for its
    /// timeout. Where that fails the coordinator does it then.
    /// </summary>
    internal async Task AbortOpenAsync(Func<Task> drop, TimeSpan timeout)
    {
        lock (_lock)
        {
            if (_phase is not (TransactionPhase.InTransaction or TransactionPhase.MustAbort))
            {
                return;
            }
        }

        try
        {
            await AbortAsync(drop, CancellationToken.None).WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is KafkaException or TimeoutException or InvalidOperationException)
        {
            // It was fenced, or ended meanwhile, or the time is over: closing goes on.
        }
    }

    internal async Task SendOffsetsAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken)
    {
        ThrowIfNotOpen();
        lock (_lock)
        {
            _hasBegun = true;
        }

        ErrorResult result = await RetryAsync(
            () => log.AddOffsetsToTransactionAsync(_id, session.Basis!.Value, group, offsets),
            static result => result.Error,
            cancellationToken).ConfigureAwait(false);
        if (result.IsSuccess)
        {
            return;
        }

        lock (_lock)
        {
            throw FailLocked(result.Error, $"The offsets of group '{group.GroupId}' could not be part of the transaction: {result.Message}", null);
        }
    }

    private async ValueTask<ProduceResult> AddAsync(TopicPartition partition)
    {
        ErrorResult result = await log.AddPartitionToTransactionAsync(_id, session.Basis!.Value, partition).ConfigureAwait(false);
        if (result.IsSuccess)
        {
            lock (_lock)
            {
                _added.Add(partition);
            }
        }

        return new ProduceResult(result.Error, -1, -1, result.Message);
    }

    private async Task EndAsync(bool isCommit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (isCommit && _failure is not null)
            {
                ThrowLocked("CommitTransactionAsync");
            }

            if (!_hasBegun)
            {
                _phase = TransactionPhase.Ready; // The coordinator has never heard of it.
                _failure = null;
                return;
            }
        }

        ProducerIdentityResult result = await RetryAsync(
            () => log.EndTransactionAsync(_id, session.Basis!.Value, isCommit),
            static result => result.Error,
            cancellationToken).ConfigureAwait(false);
        Finish(result, isCommit ? "The transaction was not committed" : "The transaction was not aborted", isCommit ? TransactionPhase.Committing : TransactionPhase.Aborting);
    }

    private void Finish(ProducerIdentityResult result, string what, TransactionPhase again)
    {
        lock (_lock)
        {
            if (result.Error == ErrorCode.None)
            {
                session.Set(result.Identity);
                _phase = TransactionPhase.Ready;
                _failure = null;
                return;
            }

            string message = $"{what} (transactional.id '{_id}'): {result.Message ?? result.Error.ToString()}";
            if (result.Error.IsRetriable())
            {
                throw new RetriableKafkaException(result.Error, $"{message} No other answer came within max.block.ms={options.MaxBlockMs}; call again.");
            }

            bool mayAbort = again == TransactionPhase.Committing && result.Error == ErrorCode.TransactionAbortable;
            throw mayAbort ? FailLocked(result.Error, message, null) : FailForGoodLocked(result.Error, message, null);
        }
    }

    // Waits between the attempts and not for the answer: a call whose answer is on its way must not be made twice.
    private async Task<TResult> RetryAsync<TResult>(Func<ValueTask<TResult>> call, Func<TResult, ErrorCode> errorOf, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true) // Ends after max.block.ms.
        {
            TResult result = await call().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!errorOf(result).IsRetriable() || time.GetElapsedTime(start).TotalMilliseconds >= options.MaxBlockMs)
            {
                return result;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(BackOffMs), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private KafkaException FailLocked(ErrorCode error, string message, Exception? cause)
    {
        if (TransactionErrors.IsFatal(error))
        {
            return FailForGoodLocked(error, message, cause);
        }

        _phase = TransactionPhase.MustAbort;
        return _failure = new AbortableKafkaException(error, $"{message} Abort the transaction.", cause);
    }

    private KafkaException FailForGoodLocked(ErrorCode error, string message, Exception? cause)
    {
        _phase = TransactionPhase.Failed;
        return _failure = TransactionErrors.Fatal(error, $"{message} Close this producer and make a new one.", cause);
    }

    private void Move(TransactionPhase from, TransactionPhase to, string call)
    {
        lock (_lock)
        {
            MoveLocked(from, to, call);
        }
    }

    private void MoveLocked(TransactionPhase from, TransactionPhase to, string call)
    {
        if (_phase != from)
        {
            ThrowLocked(call);
        }

        _phase = to;
    }

    // A new exception each time: a throw writes into its exception, and these are thrown on many threads.
    private void ThrowLocked(string call) => throw (_failure switch
    {
        AbortableKafkaException abortable => new AbortableKafkaException(abortable.Error, abortable.Message, abortable),
        { } fatal => TransactionErrors.Fatal(fatal.Error, fatal.Message, fatal),
        null => new InvalidOperationException($"{call} is not possible now (transactional.id '{_id}'): {_phase switch
        {
            TransactionPhase.Uninitialized => "call InitTransactionsAsync first.",
            TransactionPhase.Ready => "call BeginTransaction first.",
            TransactionPhase.InTransaction => "a transaction is open; commit or abort it first.",
            TransactionPhase.Committing => "the transaction is being committed; wait for that, or call CommitTransactionAsync again.",
            _ => "the transaction is being aborted; wait for that, or call AbortTransactionAsync again.",
        }}"),
    });
}
