using System.Buffers;
using Microsoft.Extensions.Logging;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
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
    private readonly BrokerSettings _settings;
    private readonly IStorage _storage;
    private readonly TopicRegistry _topics;
    private readonly GroupCoordinator _groups;
    private readonly FetchPurgatory _fetches;
    private readonly AppendRequests _appends;
    private readonly FlushDuties _flushes;
    private readonly ProducerIds _producerIds;
    private readonly TransactionDuty _transactionDuty;
    private readonly UpkeepDuties _upkeep;
    private readonly PrefaultDuty _prefault;
    private readonly HealthLog _health;
    private int _isClosed;

    private Broker(BrokerSettings settings)
    {
        _settings = settings;
        _storage = new OwnedStorage(settings.Storage);
        TimeProvider = settings.TimeProvider;
        ILogger logger = settings.LoggerFactory.CreateLogger("Zurau.Engine");
        _health = new HealthLog(TimeProvider, logger, settings.Hooks is null ? null : settings.Hooks.OnException);
        DutyPump = new GuardedDutyPump(settings.DutyPump ?? new ThreadDutyPump(settings.TimeProvider), _health);
        _prefault = new PrefaultDuty(DutyPump, _health);
        _flushes = new FlushDuties(_health);

        // HashCode starts with random bits in each process. RandomNumberGenerator would load
        // OpenSSL, which is 10 % of a cold start.
        var random = new Random(settings.RandomSeed ?? HashCode.Combine(TimeProvider.GetTimestamp(), _storage));
        _topics = new TopicRegistry(_storage, settings.LogDefaults(), settings.NumPartitions, random, TimeProvider, _prefault, new SegmentCache(settings.MaxOpenSegments), _health, logger);
        _groups = new GroupCoordinator(_topics, _flushes, settings.OffsetsTopicNumPartitions, settings.OffsetMetadataMaxBytes, new Random(random.Next()), TimeProvider, settings.Hooks);
        _fetches = new FetchPurgatory(_topics, TimeProvider, settings.Hooks);
        _appends = new AppendRequests(_topics, _flushes, () => IsClosed);
        MetaProperties.Ensure(_storage, random);
        bool isClean = CleanShutdownMarker.Take(_storage);
        TransactionCoordinator coordinator;
        TransactionCompleter completer;
        try
        {
            _topics.Open(isClean);
            _flushes.Start(DutyPump);
            new GroupLoader(_topics, _groups, logger).Load();
            (coordinator, completer, _transactionDuty) =
                BrokerTransactions.Load(_topics, _groups, _flushes, () => _producerIds!.Take(), settings, DutyPump, _health, logger, isClean);
            _producerIds = new ProducerIds(_storage, Math.Max(_topics.HighestProducerId, coordinator.HighestProducerId), settings.Hooks);
        }
        catch
        {
            Attempts.All(_flushes.Stop, _topics.Release); // No caller has a broker to close.
            throw;
        }

        Transactions = new BrokerTransactions(this, _topics, _groups, coordinator, completer);
        _transactionDuty.Start(DutyPump);
        _prefault.Start();
        _topics.Deletions.Start(DutyPump);
        _upkeep = new UpkeepDuties(_topics, settings, new Random(random.Next()), _health, logger);
        _upkeep.Start(DutyPump);
    }

    /// <summary>Gets the pump that runs the broker's duties, and those of clients in the same process.</summary>
    public IDutyPump DutyPump { get; }

    /// <summary>
    /// Lists the current failures, the oldest first: duties that throw, partitions that are offline or
    /// whose flush failed, appends that find no space. Empty if everything works. An entry is removed
    /// when its part works again. Thread-safe.
    /// </summary>
    public IReadOnlyList<HealthIssue> Health => _health.Snapshot();

    /// <summary>Gets the requests for transactions.</summary>
    public BrokerTransactions Transactions { get; }

    /// <summary>Gets the clock of record timestamps.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>True once closing has begun: no request can succeed any more.</summary>
    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Opens the data directory, recovers its logs and loads committed offsets.</summary>
    /// <exception cref="StorageException">The directory cannot be used; the message has the remedy.</exception>
    public static Broker Open(BrokerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Storage.Acquire();
        try
        {
            return new Broker(settings with { }); // A copy: its options can be changed.
        }
        catch
        {
            settings.Storage.Release();
            throw;
        }
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
    public IReadOnlyDictionary<TopicPartition, string> UncleanablePartitions => _upkeep.SetAside;

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
        ErrorCode forgotten = deleted is null ? ErrorCode.None : await _groups.ForgetTopicAsync(name, deleted.Description.TopicId, result.IsSuccess).ConfigureAwait(false);
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
        else if (found is null && (!autoCreate || !_settings.AutoCreateTopicsEnable || TopicName.IsInternal(name)))
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

    /// <summary>
    /// Joins a group. A group can have only one member: a second one receives
    /// <see cref="ErrorCode.GroupMaxSizeReached"/>.
    /// </summary>
    public JoinGroupResult JoinGroup(string groupId, string clientId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        (ErrorCode error, string memberId, int generationId, string? message) = IsClosed ? (Closed().Error, "", -1, Closed().Message) : _groups.Join(groupId, clientId);
        return new JoinGroupResult(error, memberId, generationId, message);
    }

    /// <summary>Leaves a group; later commits of the member are refused.</summary>
    public ErrorCode LeaveGroup(string groupId, string memberId) => IsClosed ? ErrorCode.BrokerNotAvailable : _groups.Leave(groupId, memberId);

    /// <summary>
    /// Commits offsets as records of <c>__consumer_offsets</c> with acks=1: if a power failure loses
    /// one, records are redelivered, never skipped. A generation of -1 with an empty member id commits
    /// for a group without members.
    /// </summary>
    public async ValueTask<IReadOnlyList<OffsetCommitResult>> CommitOffsetsAsync(
        string groupId,
        string memberId,
        int generationId,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        if (IsClosed)
        {
            return [.. offsets.Select(static offset => new OffsetCommitResult(offset.Key, ErrorCode.BrokerNotAvailable))];
        }

        IReadOnlyList<(TopicPartition Partition, ErrorCode Error)> answers = await _groups.CommitAsync(groupId, memberId, generationId, offsets).ConfigureAwait(false);
        return [.. answers.Select(static answer => new OffsetCommitResult(answer.Partition, answer.Error))];
    }

    /// <summary>
    /// Returns committed offsets; null requests all of the group. With
    /// <paramref name="requireStable"/>, an offset that an open transaction may change returns
    /// <see cref="ErrorCode.UnstableOffsetCommit"/>, which is retriable.
    /// </summary>
    public IReadOnlyList<OffsetFetchResult> FetchOffsets(string groupId, IReadOnlyList<TopicPartition>? partitions, bool requireStable = false) =>
    [
        .. (partitions ?? [.. _groups.Fetch(groupId).Keys]).Select(partition => IsClosed ? new OffsetFetchResult(partition, null, ErrorCode.BrokerNotAvailable) : requireStable && _groups.IsUnstable(groupId, partition)
            ? new OffsetFetchResult(partition, null, ErrorCode.UnstableOffsetCommit)
            : new OffsetFetchResult(partition, _groups.Fetch(groupId, partition))),
    ];

    /// <summary>Assigns a producer id that is unique in this directory.</summary>
    public InitProducerIdResult InitProducerId()
    {
        if (IsClosed)
        {
            return new InitProducerIdResult(ErrorCode.BrokerNotAvailable, -1, -1, Closed().Message);
        }

        try
        {
            return new InitProducerIdResult(ErrorCode.None, _producerIds.Take(), 0);
        }
        catch (StorageException exception)
        {
            return new InitProducerIdResult(ErrorCode.KafkaStorageError, -1, -1, $"No producer id could be assigned: {exception.Message}");
        }
    }

    /// <summary>Stops the broker: flushes and trims every log, and marks the directory as cleanly closed.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return ValueTask.CompletedTask;
        }

        bool areStopped = false;
        Attempts.All(
            () =>
            {
                Attempts.All(_prefault.Stop, _topics.Deletions.Stop, _upkeep.Stop, _transactionDuty.Stop, _flushes.Stop);
                areStopped = true;
            },
            _producerIds.Close,
            () =>
            {
                // A duty that could not be stopped may still change something.
                if (_topics.Close() && areStopped)
                {
                    CleanShutdownMarker.Write(_storage, _settings.LoggerFactory.CreateLogger("Zurau.Engine"));
                }
            },
            _topics.Release,
            _storage.Release); // This broker does not access the directory any more.
        return ValueTask.CompletedTask;
    }

    private static ErrorResult Internal(string topic) => new(ErrorCode.InvalidTopicException, $"Topic '{topic}' is internal; the engine creates it when necessary.");

    private static ErrorResult Closed() => new(ErrorCode.BrokerNotAvailable, AppendRequests.ClosedMessage);

    private ErrorResult Missing(TopicPartition partition) => IsClosed ? Closed() : AppendRequests.Missing(_topics, partition);
}
