using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Configuration;
using Zurau.Producing;
using Zurau.Serialization;
using Zurau.Transport;

namespace Zurau;

/// <summary>
/// Sends records. Thread-safe; one for a whole process is best, because its batches are shared by all who send.
/// <para>
/// A record goes into the open batch of its partition: the one it names, else the one its key hashes to (murmur2, as in Java), else
/// one that changes from batch to batch. Records of one partition keep the order in which they were sent, also over retries. Results
/// come in that order. With <c>acks=all</c> (the default) a result means that the record is on disk.
/// </para>
/// <para>
/// A send allocates nothing for its record but what a serializer of your own allocates: batches, their buffers and the results of awaited
/// sends are pooled. Whoever waits for the disk costs an object a batch.
/// </para>
/// </summary>
public sealed class Producer<TKey, TValue> : IAsyncDisposable
{
    private readonly IProducerTransport _transport;
    private readonly IRecordSender<TValue> _sender;
    private readonly TransactionRunner _transactions;
    private readonly TimeProvider _time;
    private readonly RecordSerializer<TKey, TValue> _serializer;
    private readonly bool _ownsTransport;

    /// <summary>Creates a producer.</summary>
    /// <param name="transport">The transport; not disposed with the producer.</param>
    /// <param name="options">The settings; they must not change afterwards.</param>
    /// <param name="keySerializer">Default <see cref="Serializers.For{T}"/>.</param>
    /// <param name="valueSerializer">Default <see cref="Serializers.For{T}"/>.</param>
    /// <param name="loggerFactory">Logs failures that no caller receives.</param>
    /// <param name="randomSeed">The seed of the partitioner for records without a key; null
    /// for a random one.</param>
    /// <exception cref="ConfigurationException">A setting is out of range or not
    /// implemented, or the codec of <c>compression.type</c> does not work.</exception>
    public Producer(
        IKafkaTransport transport,
        ProducerOptions options,
        ISerializer<TKey>? keySerializer = null,
        ISerializer<TValue>? valueSerializer = null,
        ILoggerFactory? loggerFactory = null,
        int? randomSeed = null)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.ThrowIfInvalid(options);
        _time = transport.TimeProvider;
        _transport = transport.CreateProducer(options, loggerFactory ?? NullLoggerFactory.Instance, randomSeed);
        _sender = _transport.CreateSender<TValue>();
        _transactions = new TransactionRunner(_transport);
        _serializer = new RecordSerializer<TKey, TValue>(keySerializer, valueSerializer, _time);
        _ownsTransport = true;
    }

    private Producer(
        IProducerTransport transport,
        TransactionRunner transactions,
        TimeProvider time,
        ISerializer<TKey>? keySerializer,
        ISerializer<TValue>? valueSerializer)
    {
        _transport = transport;
        _sender = transport.CreateSender<TValue>();
        _transactions = transactions;
        _time = time;
        _serializer = new RecordSerializer<TKey, TValue>(keySerializer, valueSerializer, time);
    }

    /// <summary>
    /// Gets the bytes of unacknowledged batches; at most <c>buffer.memory</c>.
    /// </summary>
    public long BufferedBytes => _transport.BufferedBytes;

    /// <summary>
    /// Creates a producer of other types that shares this one's batches, buffer and
    /// settings. It is valid as long as this one; disposing it only flushes.
    /// </summary>
    public Producer<TOtherKey, TOtherValue> As<TOtherKey, TOtherValue>(
        ISerializer<TOtherKey>? keySerializer = null,
        ISerializer<TOtherValue>? valueSerializer = null) => new(_transport, _transactions, _time, keySerializer, valueSerializer);

    /// <summary>
    /// Returns the number of partitions of a topic; creates the topic if that is allowed.
    /// </summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created.</exception>
    public ValueTask<int> PartitionCountAsync(string topic, CancellationToken cancellationToken = default) =>
        _transport.PartitionCountAsync(topic, cancellationToken);

    /// <summary>
    /// Sends a record and waits for its result. Its batch is sealed immediately, unless an
    /// append of its partition is in progress: then the record joins the next batch. If
    /// <c>buffer.memory</c> is exhausted, waits up to <c>max.block.ms</c>. Cancellation
    /// ends the wait; a record that is already in a batch may still be delivered.
    /// </summary>
    /// <exception cref="KafkaException">The record was not delivered: too large, unknown
    /// partition, refused, or timed out.</exception>
    /// <exception cref="SerializationException">Its key or value could not be serialized.</exception>
    /// <exception cref="ObjectDisposedException">The producer is closed.</exception>
    public ValueTask<RecordMetadata> SendAsync(ProducerRecord<TKey, TValue> record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RecordMetadata>(cancellationToken);
        }

        PendingSend pending = PendingSend.Rent();
        SerializationScratch? scratch = null;
        BlockedSend? blocked = null;
        try
        {
            if (!_sender.TrySend(_serializer.Serialize(record, ref scratch), new SendCompletion(pending), isAwaited: true, ref blocked))
            {
                return SendWhenThereIsRoomAsync(record, pending, blocked!, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<RecordMetadata>(exception);
        }
        finally
        {
            scratch?.Return();
        }

        ValueTask<RecordMetadata> result = pending.AsValueTask();
        return cancellationToken.CanBeCanceled && !result.IsCompleted
            ? new ValueTask<RecordMetadata>(result.AsTask().WaitAsync(cancellationToken))
            : result;
    }

    /// <summary>
    /// Sends a record without waiting: its batch waits up to <c>linger.ms</c> for more
    /// records. If <c>buffer.memory</c> is exhausted, blocks up to <c>max.block.ms</c>.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="callback">Called once with the record's offset, or with the error. It
    /// runs on a thread that appends or completes appends, so it must be fast and must not
    /// wait for other sends. Not called if this method throws.</param>
    /// <exception cref="KafkaException">Too large, unknown partition, or no memory within
    /// <c>max.block.ms</c>.</exception>
    /// <exception cref="SerializationException">Its key or value could not be serialized.</exception>
    /// <exception cref="ObjectDisposedException">The producer is closed.</exception>
    public void Send(ProducerRecord<TKey, TValue> record, Action<RecordMetadata, Exception?>? callback = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        SerializationScratch? scratch = null;
        BlockedSend? blocked = null;
        try
        {
            OutgoingRecord<TValue> outgoing = _serializer.Serialize(record, ref scratch);
            while (!_sender.TrySend(outgoing, new SendCompletion(callback), isAwaited: false, ref blocked))
            {
                blocked!.WaitForRoomAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            }
        }
        finally
        {
            blocked?.Dispose();
            scratch?.Return();
        }
    }

    /// <summary>
    /// Initializes transactions, once, before the first one. Fences the previous producer
    /// of the <c>transactional.id</c> and aborts its open transaction.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>transactional.id</c> is not set, or
    /// this was called before.</exception>
    /// <exception cref="RetriableKafkaException">No response within <c>max.block.ms</c>:
    /// call again.</exception>
    /// <exception cref="FatalKafkaException">Initialization failed permanently.</exception>
    public Task InitTransactionsAsync(CancellationToken cancellationToken = default) => _transactions.InitAsync(cancellationToken);

    /// <summary>
    /// Begins a transaction that contains all following sends. One at a time.
    /// </summary>
    /// <exception cref="InvalidOperationException">A transaction is open, or transactions
    /// are not initialized.</exception>
    /// <exception cref="FatalKafkaException">The producer has failed.</exception>
    public void BeginTransaction() => _transport.BeginTransaction();

    /// <summary>
    /// Adds offsets (of the next records to read) to the transaction: they are committed or
    /// discarded with it. The consumer must not commit them itself.
    /// </summary>
    /// <param name="offsets">The offsets.</param>
    /// <param name="group">The consumer's
    /// <see cref="Consumer{TKey, TValue}.GroupMetadata"/>: a member that left the group is
    /// refused.</param>
    /// <param name="cancellationToken">Ends the wait; it is then unknown whether the
    /// offsets are part of the transaction.</param>
    /// <exception cref="AbortableKafkaException">They were refused: abort the
    /// transaction.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced.</exception>
    public Task SendOffsetsToTransactionAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        ConsumerGroupMetadata group,
        CancellationToken cancellationToken = default) => _transport.SendOffsetsAsync(offsets, group, cancellationToken);

    /// <summary>
    /// Sends all batches and commits: when the task completes, the transaction's records
    /// are on disk and visible to read_committed readers.
    /// </summary>
    /// <exception cref="AbortableKafkaException">A part of it failed: abort the
    /// transaction.</exception>
    /// <exception cref="RetriableKafkaException">No response within <c>max.block.ms</c>:
    /// call again.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced; the transaction was
    /// aborted.</exception>
    public Task CommitTransactionAsync(CancellationToken cancellationToken = default) =>
        _transport.CommitTransactionAsync(cancellationToken);

    /// <summary>
    /// Aborts the transaction: unsent records are dropped, and read_committed readers never
    /// receive the others.
    /// </summary>
    /// <exception cref="RetriableKafkaException">No response within <c>max.block.ms</c>:
    /// call again.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced; the transaction was
    /// aborted.</exception>
    public Task AbortTransactionAsync(CancellationToken cancellationToken = default) =>
        _transport.AbortTransactionAsync(cancellationToken);

    /// <summary>
    /// Runs work in a transaction: commits it, or aborts it if the work or the commit
    /// throws. Concurrent calls run one after the other. All sends through this producer in
    /// the meantime are part of it.
    /// </summary>
    public Task ExecuteInTransactionAsync(Func<CancellationToken, ValueTask> work, CancellationToken cancellationToken = default) =>
        _transactions.ExecuteAsync(work, cancellationToken);

    /// <summary>
    /// Sends all batches and blocks until all previous sends have been delivered or have
    /// failed, including callbacks.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was called inside a callback of a send
    /// of this producer, whose end it would wait for.</exception>
    public void Flush()
    {
        ThrowIfInCallback("Flush");
        _transport.FlushAsync().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Sends all batches and waits until all previous sends have been delivered or have
    /// failed, including callbacks. Do not block on it inside a callback of this producer.
    /// </summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => new(_transport.FlushAsync().WaitAsync(cancellationToken));

    /// <summary>
    /// Closes the producer: aborts an open transaction, refuses new records, waits up to
    /// the timeout for pending ones and fails the rest
    /// (<see cref="ErrorCode.RequestTimedOut"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">It was called inside a callback of a send
    /// of this producer, whose end it would wait for.</exception>
    public void Close(TimeSpan timeout)
    {
        ThrowIfInCallback("Close");
        CloseAsync(timeout).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Closes the producer: aborts an open transaction, refuses new records and waits until
    /// pending ones have been delivered or have failed. Do not block on it inside a callback
    /// of this producer.
    /// </summary>
    public ValueTask DisposeAsync() => new(CloseAsync(Timeout.InfiniteTimeSpan));

    private void ThrowIfInCallback(string call)
    {
        if (_transport.IsInCompletion)
        {
            throw new InvalidOperationException($"{call} was called inside a callback of a send of the same producer and would deadlock; call it from another thread.");
        }
    }

    private Task CloseAsync(TimeSpan timeout) => _ownsTransport ? _transport.CloseAsync(timeout) : _transport.FlushAsync();

    private async ValueTask<RecordMetadata> SendWhenThereIsRoomAsync(
        ProducerRecord<TKey, TValue> record,
        PendingSend pending,
        BlockedSend blocked,
        CancellationToken cancellationToken)
    {
        using (blocked)
        {
            do
            {
                await blocked.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            }
            while (!TrySendAgain(record, pending, blocked));
        }

        return await pending.AsValueTask().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    // Serializes again: the first bytes were in a buffer of the thread, which has continued.
    private bool TrySendAgain(ProducerRecord<TKey, TValue> record, PendingSend pending, BlockedSend? blocked)
    {
        SerializationScratch? scratch = null;
        try
        {
            return _sender.TrySend(_serializer.Serialize(record, ref scratch), new SendCompletion(pending), isAwaited: true, ref blocked);
        }
        finally
        {
            scratch?.Return();
        }
    }
}
