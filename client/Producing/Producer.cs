using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Zurau.Configuration;
using Zurau.Engine.Records;
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
    private readonly RecordAccumulator _accumulator;
    private readonly bool _ownsAccumulator;
    private readonly ISerializer<TKey> _keySerializer;
    private readonly ISerializer<TValue> _valueSerializer;
    private readonly bool _isValueWrittenInPlace;

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
        ILogger logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Zurau.Producer");

        // Hash codes begin with random bits in each process. A RandomNumberGenerator would
        // load OpenSSL, a tenth of a cold start.
        int seed = randomSeed ?? HashCode.Combine(TimeProvider.System.GetTimestamp(), transport);
        _accumulator = new RecordAccumulator(transport, options, seed, logger);
        _ownsAccumulator = true;
        _keySerializer = keySerializer ?? Serializers.For<TKey>();
        _valueSerializer = valueSerializer ?? Serializers.For<TValue>();
        _isValueWrittenInPlace = _valueSerializer is IBuiltInSerializer;
    }

    private Producer(RecordAccumulator shared, ISerializer<TKey>? keySerializer, ISerializer<TValue>? valueSerializer)
    {
        _accumulator = shared;
        _keySerializer = keySerializer ?? Serializers.For<TKey>();
        _valueSerializer = valueSerializer ?? Serializers.For<TValue>();
        _isValueWrittenInPlace = _valueSerializer is IBuiltInSerializer;
    }

    /// <summary>
    /// Gets the bytes of unacknowledged batches; at most <c>buffer.memory</c>.
    /// </summary>
    public long BufferedBytes => _accumulator.UsedBytes;

    /// <summary>
    /// Creates a producer of other types that shares this one's batches, buffer and
    /// settings. It is valid as long as this one; disposing it only flushes.
    /// </summary>
    public Producer<TOtherKey, TOtherValue> As<TOtherKey, TOtherValue>(
        ISerializer<TOtherKey>? keySerializer = null,
        ISerializer<TOtherValue>? valueSerializer = null) => new(_accumulator, keySerializer, valueSerializer);

    /// <summary>
    /// Returns the number of partitions of a topic; creates the topic if that is allowed.
    /// </summary>
    /// <exception cref="KafkaException">The topic does not exist and is not created.</exception>
    public int PartitionCount(string topic) => _accumulator.PartitionCount(topic);

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

        _accumulator.Transactions?.ThrowIfNotOpen();
        PendingSend pending = PendingSend.Rent();
        SerializationScratch? scratch = null;
        try
        {
            OutgoingRecord<TValue> outgoing = Prepare(record, ref scratch);
            if (!_accumulator.TryAppend(outgoing, pending, isAwaited: true))
            {
                return SendWhenThereIsRoomAsync(record, pending, outgoing.SizeUpperBound, cancellationToken);
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
        _accumulator.Transactions?.ThrowIfNotOpen();
        SerializationScratch? scratch = null;
        try
        {
            OutgoingRecord<TValue> outgoing = Prepare(record, ref scratch);
            _accumulator.Append(outgoing, callback);
        }
        finally
        {
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
    public Task InitTransactionsAsync(CancellationToken cancellationToken = default) => Transactions.InitAsync(cancellationToken);

    /// <summary>
    /// Begins a transaction that contains all following sends. One at a time.
    /// </summary>
    /// <exception cref="InvalidOperationException">A transaction is open, or transactions
    /// are not initialized.</exception>
    /// <exception cref="FatalKafkaException">The producer has failed.</exception>
    public void BeginTransaction() => Transactions.Begin();

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
        CancellationToken cancellationToken = default) => Transactions.SendOffsetsAsync(offsets, group, cancellationToken);

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
        Transactions.CommitAsync(_accumulator.FlushAsync, cancellationToken);

    /// <summary>
    /// Aborts the transaction: unsent records are dropped, and read_committed readers never
    /// receive the others.
    /// </summary>
    /// <exception cref="RetriableKafkaException">No response within <c>max.block.ms</c>:
    /// call again.</exception>
    /// <exception cref="FatalKafkaException">The producer is fenced; the transaction was
    /// aborted.</exception>
    public Task AbortTransactionAsync(CancellationToken cancellationToken = default) =>
        Transactions.AbortAsync(_accumulator.DropAsync, cancellationToken);

    /// <summary>
    /// Runs work in a transaction: commits it, or aborts it if the work or the commit
    /// throws. Concurrent calls run one after the other. All sends through this producer in
    /// the meantime are part of it.
    /// </summary>
    public Task ExecuteInTransactionAsync(Func<CancellationToken, ValueTask> work, CancellationToken cancellationToken = default) =>
        Transactions.ExecuteAsync(work, _accumulator.FlushAsync, _accumulator.DropAsync, cancellationToken);

    /// <summary>
    /// Sends all batches and blocks until all previous sends have been delivered or have
    /// failed, including callbacks.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was called from a send's callback,
    /// which would deadlock.</exception>
    public void Flush()
    {
        BatchDelivery.ThrowIfDelivering("Flush");
        _accumulator.FlushAsync().GetAwaiter().GetResult();
    }

    /// <summary>
    /// Sends all batches and waits until all previous sends have been delivered or have
    /// failed, including callbacks.
    /// </summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => new(_accumulator.FlushAsync().WaitAsync(cancellationToken));

    /// <summary>
    /// Closes the producer: aborts an open transaction, refuses new records, waits up to
    /// the timeout for pending ones and fails the rest
    /// (<see cref="ErrorCode.RequestTimedOut"/>).
    /// </summary>
    /// <exception cref="InvalidOperationException">It was called from a send's callback,
    /// which would deadlock.</exception>
    public void Close(TimeSpan timeout)
    {
        BatchDelivery.ThrowIfDelivering("Close");
        CloseAsync(timeout).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Closes the producer: aborts an open transaction, refuses new records and waits until
    /// pending ones have been delivered or have failed.
    /// </summary>
    public ValueTask DisposeAsync() => new(CloseAsync(Timeout.InfiniteTimeSpan));

    private TransactionManager Transactions => _accumulator.Transactions
        ?? throw new InvalidOperationException("The producer is not transactional: set 'transactional.id'.");

    private async Task CloseAsync(TimeSpan timeout)
    {
        if (!_ownsAccumulator)
        {
            await _accumulator.FlushAsync().ConfigureAwait(false);
            return;
        }

        if (_accumulator.Transactions is { } transactions)
        {
            await transactions.AbortOpenAsync(_accumulator.DropAsync, timeout).ConfigureAwait(false);
        }

        await _accumulator.CloseAsync(timeout).ConfigureAwait(false);
    }

    private async ValueTask<RecordMetadata> SendWhenThereIsRoomAsync(
        ProducerRecord<TKey, TValue> record,
        PendingSend pending,
        int sizeUpperBound,
        CancellationToken cancellationToken)
    {
        ProducerBatch spare;
        do
        {
            spare = await _accumulator.WaitForBatchAsync(sizeUpperBound, cancellationToken).ConfigureAwait(false);
        }
        while (!TryAppendAgain(record, pending, spare));

        return await pending.AsValueTask().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    // Serializes once more: the first bytes were in a buffer of the thread that has gone on since.
    private bool TryAppendAgain(ProducerRecord<TKey, TValue> record, PendingSend pending, ProducerBatch spare)
    {
        SerializationScratch? scratch = null;
        try
        {
            return _accumulator.TryAppend(Prepare(record, ref scratch), pending, isAwaited: true, spare);
        }
        finally
        {
            scratch?.Return();
        }
    }

    // Takes buffers only where something is serialized outside of the batch; the caller
    // gives them back.
    private OutgoingRecord<TValue> Prepare(ProducerRecord<TKey, TValue> record, ref SerializationScratch? scratch)
    {
        int keySize = -1;
        ReadOnlySpan<byte> key = default;
        if (_keySerializer is ByteArraySerde && record.Key is byte[] bytes)
        {
            key = bytes;
            keySize = bytes.Length;
        }
        else if (record.Key is not null)
        {
            scratch ??= SerializationScratch.Rent();
            SerializeKey(record, scratch);
            key = scratch.Key.WrittenSpan;
            keySize = key.Length;
        }

        bool isInPlace = false;
        int valueSize = -1;
        ReadOnlySpan<byte> value = default;
        if (record.Value is not null)
        {
            isInPlace = _isValueWrittenInPlace;
            if (isInPlace)
            {
                valueSize = _valueSerializer.SizeOf(record.Value);
            }
            else
            {
                scratch ??= SerializationScratch.Rent();
                SerializeValue(record, scratch);
                value = scratch.Value.WrittenSpan;
                valueSize = value.Length;
            }
        }

        int headersSize = RecordBatchBuilder.SizeOfHeaders(record.Headers);
        return new OutgoingRecord<TValue>
        {
            Topic = record.Topic,
            Partition = record.Partition,
            TimestampMs = TimestampOf(record),
            Key = key,
            KeySize = keySize,
            ValueSerializer = isInPlace ? _valueSerializer : null,
            Value = record.Value,
            ValueBytes = value,
            ValueSize = valueSize,
            Headers = record.Headers,
            HeadersSize = headersSize,
            SizeUpperBound = SizeUpperBound(record.Topic, keySize, valueSize, headersSize),
        };
    }

    private static int SizeUpperBound(string topic, int keySize, int valueSize, int headersSize)
    {
        try
        {
            return RecordBatchBuilder.SizeUpperBound(keySize, valueSize, headersSize);
        }
        catch (OverflowException exception)
        {
            throw KafkaException.For(ErrorCode.MessageTooLarge, $"A record for topic '{topic}' takes more than 2 GiB.", exception);
        }
    }

    private long TimestampOf(ProducerRecord<TKey, TValue> record)
    {
        long timestampMs = (record.Timestamp ?? _accumulator.TimeProvider.GetUtcNow()).ToUnixTimeMilliseconds();
        return timestampMs >= 0
            ? timestampMs
            : throw KafkaException.For(ErrorCode.InvalidTimestamp, $"The timestamp {record.Timestamp:O} of a record for topic '{record.Topic}' is before 1970.");
    }

    private void SerializeKey(ProducerRecord<TKey, TValue> record, SerializationScratch scratch)
    {
        try
        {
            _keySerializer.Serialize(record.Key, scratch.Key);
        }
        catch (Exception exception)
        {
            throw new SerializationException(
                $"The key of a record for topic '{record.Topic}' could not be serialized: {exception.Message}", isKey: true, exception);
        }
    }

    private void SerializeValue(ProducerRecord<TKey, TValue> record, SerializationScratch scratch)
    {
        try
        {
            _valueSerializer.Serialize(record.Value, scratch.Value);
        }
        catch (Exception exception)
        {
            throw new SerializationException(
                $"The value of a record for topic '{record.Topic}' could not be serialized: {exception.Message}", isKey: false, exception);
        }
    }
}
