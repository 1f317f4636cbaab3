using System.Buffers;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;
using Zurau.Engine.Topics;

namespace Zurau.Engine;

/// <summary>
/// The engine's only entry point: Kafka's requests as .NET methods. Batches are appended as v2
/// bytes and read as leased slices of mapped segments. Expected failures are Kafka error codes in
/// the results; exceptions report programming errors and lost storage. All members are thread-safe.
/// </summary>
public sealed class Broker : IAsyncDisposable
{
    private readonly BrokerParts _parts;
    private readonly BrokerDuties _duties;
    private readonly TopicRegistry _topics;
    private readonly ClosedFlag _closed;
    private readonly AppendRequests _appends;
    private readonly FetchPurgatory _fetches;

    private Broker(BrokerParts parts, BrokerDuties duties)
    {
        _parts = parts;
        _duties = duties;
        _topics = parts.Topics;
        _closed = parts.Closed;
        _appends = new AppendRequests(parts.Topics, parts.Flushes, parts.Closed);
        _fetches = new FetchPurgatory(parts.Topics, parts.Settings.TimeProvider, parts.Settings.Hooks);
        Groups = new BrokerGroups(parts.Groups, parts.OffsetRequests, parts.Offsets, parts.Closed);
        Transactions = new BrokerTransactions(parts, _appends);
    }

    /// <summary>Gets the pump that runs the broker's duties, and those of clients in the same process.</summary>
    public IDutyPump DutyPump => _parts.DutyPump;

    /// <summary>
    /// Lists the current failures, the oldest first: duties that throw, partitions that are offline or
    /// whose flush failed, appends that find no space. Empty if everything works. An entry is removed
    /// when its part works again. Thread-safe.
    /// </summary>
    public IReadOnlyList<HealthIssue> Health => _parts.Health.Snapshot();

    /// <summary>Gets the requests for groups and their committed offsets.</summary>
    public BrokerGroups Groups { get; }

    /// <summary>Gets the requests for transactions.</summary>
    public BrokerTransactions Transactions { get; }

    /// <summary>Gets the clock of record timestamps.</summary>
    public TimeProvider TimeProvider => _parts.Settings.TimeProvider;

    /// <summary>True once closing has begun: no request can succeed any more.</summary>
    internal bool IsClosed => _closed.IsSet;

    /// <summary>Opens the data directory, recovers its logs and loads committed offsets.</summary>
    /// <exception cref="StorageException">The directory cannot be used; the message has the remedy.</exception>
    public static Broker Open(BrokerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var parts = new BrokerParts(settings with { }); // A copy: its options can be changed.
        return new Broker(parts, BrokerStartup.Run(parts));
    }

    /// <summary>
    /// Appends one v2 batch with base offset 0. The bytes must not change until the call returns (they
    /// are copied before). The task completes according to <paramref name="acks"/>, never on another
    /// appender's thread. A duplicate (same producer id, epoch and sequences as one of the last five
    /// batches) is not appended; the result has the offset of the first one.
    /// </summary>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlyMemory<byte> batch, Acks acks) =>
        _appends.AppendAsync(partition, batch.Span, null, acks);

    /// <summary>Appends a batch that was built in this process: its records need not be validated again.</summary>
    /// <inheritdoc cref="AppendAsync(TopicPartition, ReadOnlyMemory{byte}, Acks)"/>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, BuiltBatch batch, Acks acks) =>
        _appends.AppendAsync(partition, batch.Span, batch.Facts, acks);

    /// <summary>
    /// Appends a batch in several segments. Each is copied once; only compressed or converted batches
    /// are joined first.
    /// </summary>
    /// <inheritdoc cref="AppendAsync(TopicPartition, ReadOnlyMemory{byte}, Acks)"/>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySequence<byte> batch, Acks acks) =>
        _appends.AppendAsync(partition, batch, acks);

    /// <summary>Returns a partition's log, for invariant checks; null if it does not exist.</summary>
    internal PartitionLog? FindLog(TopicPartition partition) => _topics.Find(partition);

    /// <summary>
    /// Reads batches and waits for new ones according to the request. Cancellation ends the wait and
    /// returns the available batches.
    /// </summary>
    public ValueTask<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return IsClosed ? new ValueTask<FetchResponse>(FetchPurgatory.Refuse(request, ErrorCode.BrokerNotAvailable)) : _fetches.FetchAsync(request, cancellationToken);
    }

    /// <summary>Returns the first readable offset and the end offset (of the next record).</summary>
    public ErrorResult ListOffsets(TopicPartition partition, out long logStartOffset, out long endOffset)
    {
        PartitionLog? log = IsClosed ? null : _topics.Find(partition);
        logStartOffset = log?.LogStartOffset ?? -1;
        endOffset = log?.ReadEnd().Offset ?? -1;
        return log is null ? Missing(partition) : ErrorResult.None;
    }

    /// <summary>Finds the first offset at or after a timestamp, or the one of a <see cref="ListedOffset"/> constant.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timestampMs">Milliseconds since 1970, or a constant.</param>
    /// <param name="isolation">The reader's isolation level.</param>
    /// <param name="currentLeaderEpoch">The partition's leader epoch known to the reader; -1 is not checked.</param>
    /// <param name="topicId">The topic's id; empty accepts any topic with the name.</param>
    public ListedOffset ListOffset(
        TopicPartition partition,
        long timestampMs,
        IsolationLevel isolation = IsolationLevel.ReadUncommitted,
        int currentLeaderEpoch = -1,
        Guid topicId = default)
    {
        Topic? topic = null;
        ErrorCode error = IsClosed ? ErrorCode.BrokerNotAvailable : _topics.Find(partition, topicId, out topic);
        if (topic?.Partitions[partition.Partition].Log is not { } log)
        {
            return new ListedOffset(error == ErrorCode.None ? ErrorCode.KafkaStorageError : error, -1, -1, -1); // Offline.
        }

        ErrorCode fenced = log.Epochs.Check(currentLeaderEpoch);
        return fenced == ErrorCode.None ? log.Timestamps.Find(timestampMs, isolation) : new ListedOffset(fenced, -1, -1, -1);
    }

    /// <summary>Finds the end offset of a leader epoch, so that a reader can detect lost records (KIP-320).</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="leaderEpoch">The epoch of the reader's last record.</param>
    /// <param name="currentLeaderEpoch">The partition's leader epoch known to the reader; -1 is not
    /// checked. An older epoch returns <see cref="ErrorCode.FencedLeaderEpoch"/>, a newer one
    /// <see cref="ErrorCode.UnknownLeaderEpoch"/>.</param>
    public EpochEndOffset OffsetForLeaderEpoch(TopicPartition partition, int leaderEpoch, int currentLeaderEpoch = -1)
    {
        if (IsClosed || _topics.Find(partition) is not { } log)
        {
            return new EpochEndOffset(Missing(partition).Error, -1, -1);
        }

        ErrorCode fenced = log.Epochs.Check(currentLeaderEpoch);
        return fenced == ErrorCode.None ? log.Epochs.EndOf(leaderEpoch) : new EpochEndOffset(fenced, -1, -1);
    }

    /// <summary>Makes records below an offset unreadable, durably; -1 means all records.</summary>
    public ErrorResult DeleteRecords(TopicPartition partition, long beforeOffset)
    {
        PartitionLog? log = IsClosed ? null : _topics.Find(partition);
        return log is null ? Missing(partition) : _topics.DeleteRecords(log, beforeOffset);
    }

    /// <summary>Creates a topic durably.</summary>
    public ErrorResult CreateTopic(NewTopic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return IsClosed ? Closed()
            : TopicName.IsInternal(topic.Name)
            ? Internal(topic.Name)
            : _topics.Create(topic, out _);
    }

    /// <summary>Creates topics, each durably or not at all, with shared flushes. Returns the results in order.</summary>
    /// <param name="topics">The topics. A duplicate name is <see cref="ErrorCode.InvalidRequest"/>, as in Kafka.</param>
    public IReadOnlyList<ErrorResult> CreateTopics(IReadOnlyList<NewTopic> topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (IsClosed)
        {
            return [.. topics.Select(static _ => Closed())];
        }

        TopicCreation creation = _topics.Create([.. topics.Where(static topic => !TopicName.IsInternal(topic.Name))]);
        int next = 0;
        return [.. topics.Select(topic => TopicName.IsInternal(topic.Name) ? Internal(topic.Name) : creation.Results[next++])];
    }

    /// <summary>Adds partitions to a topic, durably; from then on keys are distributed over all of them.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="count">The new number of partitions; must be larger than the current number.</param>
    /// <param name="validateOnly">Validates the request without executing it.</param>
    public ErrorResult CreatePartitions(string topic, int count, bool validateOnly = false)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return IsClosed ? Closed() : _topics.CreatePartitions(topic, count, validateOnly);
    }

    /// <summary>Lists partitions whose compaction failed and is not retried, with the reason.</summary>
    public IReadOnlyDictionary<TopicPartition, string> UncleanablePartitions => _duties.UncleanablePartitions;

    /// <summary>Changes settings of a topic, durably; they are effective when this returns.</summary>
    public ErrorResult AlterTopicConfigs(string topic, IReadOnlyList<ConfigChange> changes)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(changes);
        return IsClosed ? Closed() : _topics.AlterConfigs(topic, changes);
    }

    /// <summary>Lists the effective settings of a topic.</summary>
    public ErrorResult DescribeTopicConfigs(string topic, out IReadOnlyList<ConfigEntry> configs)
    {
        ArgumentNullException.ThrowIfNull(topic);
        IReadOnlyList<ConfigEntry>? found = IsClosed ? null : _topics.DescribeConfigs(topic);
        configs = found ?? [];
        return IsClosed ? Closed() : found is null ? new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"The topic '{topic}' does not exist.") : ErrorResult.None;
    }

    /// <summary>
    /// Deletes a topic with its records and committed offsets, durably: when this returns, it cannot be
    /// restored by a restart, and its name can be used again. Its files are deleted later, in the
    /// background. Open leases stay readable.
    /// </summary>
    public async ValueTask<ErrorResult> DeleteTopicAsync(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (TopicName.IsInternal(name))
        {
            return new ErrorResult(ErrorCode.InvalidTopicException, $"Topic '{name}' is internal and cannot be deleted.");
        }

        if (IsClosed)
        {
            return Closed();
        }

        ErrorResult result = _topics.Delete(name, out Topic? deleted);
        ErrorCode forgotten = deleted is null ? ErrorCode.None : await _parts.OffsetRequests.ForgetTopicAsync(name, deleted.Description.TopicId, result.IsSuccess).ConfigureAwait(false);
        return result.IsSuccess && forgotten != ErrorCode.None
            ? new ErrorResult(forgotten, $"Topic '{name}' is deleted. Its committed offsets are no longer valid, but removing them from '{TopicName.ConsumerOffsets}' failed; the next startup removes them.")
            : result;
    }

    /// <summary>Finds a topic. With <paramref name="autoCreate"/>, creates it if <c>auto.create.topics.enable</c> is true.</summary>
    public ErrorResult DescribeTopic(string name, bool autoCreate, out TopicDescription? topic)
    {
        ArgumentNullException.ThrowIfNull(name);
        Topic? found = IsClosed ? null : _topics.Find(name);
        ErrorResult result = ErrorResult.None;
        if (IsClosed)
        {
            result = Closed();
        }
        else if (found is null && TopicName.Problem(name) is string problem)
        {
            result = new ErrorResult(ErrorCode.InvalidTopicException, problem);
        }
        else if (found is null && (!autoCreate || !_parts.Settings.AutoCreateTopicsEnable || TopicName.IsInternal(name)))
        {
            result = new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"Topic '{name}' does not exist; create it, or set 'auto.create.topics.enable=true'.");
        }
        else if (found is null)
        {
            result = _topics.Create(new NewTopic(name), out found);
            result = result.Error == ErrorCode.TopicAlreadyExists ? ErrorResult.None : result;
        }

        topic = found?.Description;
        return result;
    }

    /// <summary>Lists all topics, in ordinal order of names.</summary>
    public IReadOnlyList<TopicDescription> ListTopics() => [.. _topics.All().Select(static topic => topic.Description)];

    /// <summary>Assigns a producer id that is unique in this directory.</summary>
    public InitProducerIdResult InitProducerId()
    {
        if (IsClosed)
        {
            return new InitProducerIdResult(ErrorCode.BrokerNotAvailable, -1, -1, Closed().Message);
        }

        try
        {
            return new InitProducerIdResult(ErrorCode.None, _parts.ProducerIds.Take(), 0);
        }
        catch (StorageException exception)
        {
            return new InitProducerIdResult(ErrorCode.KafkaStorageError, -1, -1, $"No producer id could be assigned: {exception.Message}");
        }
    }

    /// <summary>Stops the broker: flushes and trims every log, and marks the directory as cleanly closed.</summary>
    public ValueTask DisposeAsync()
    {
        if (_closed.TrySet())
        {
            BrokerShutdown.Run(_parts, _duties);
        }

        return ValueTask.CompletedTask;
    }

    private static ErrorResult Internal(string topic) => new(ErrorCode.InvalidTopicException, $"Topic '{topic}' is internal; the engine creates it when necessary.");

    private static ErrorResult Closed() => new(ErrorCode.BrokerNotAvailable, ClosedFlag.Message);

    private ErrorResult Missing(TopicPartition partition) => IsClosed ? Closed() : AppendRequests.Missing(_topics, partition);
}
