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
/// The engine's only door, for the in-process client and for a server alike: Kafka's requests in .NET clothes.
/// Batches go in as v2 bytes and come out as leased slices of mapped segments. Expected failures are Kafka error codes in the
/// results; exceptions are for programming errors and lost storage. Every member may be called from any thread.
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
    private readonly TouchDuty _toucher;
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
        _toucher = new TouchDuty(DutyPump, _health);
        _flushes = new FlushDuties(_health);

        // Hash codes begin with random bits in each process. A RandomNumberGenerator would load OpenSSL, a tenth of a cold start.
        var random = new Random(settings.RandomSeed ?? HashCode.Combine(TimeProvider.GetTimestamp(), _storage));
        _topics = new TopicRegistry(_storage, settings.LogDefaults(), settings.NumPartitions, random, TimeProvider, _toucher, new SegmentCache(settings.MaxOpenSegments), _health, logger);
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
            Attempts.All(_flushes.Stop, _topics.Release); // Nobody gets a broker that could be closed.
            throw;
        }

        Transactions = new BrokerTransactions(this, _topics, _groups, coordinator, completer);
        _transactionDuty.Start(DutyPump);
        _toucher.Start();
        _topics.Deletions.Start(DutyPump);
        _upkeep = new UpkeepDuties(_topics, settings, new Random(random.Next()), _health, logger);
        _upkeep.Start(DutyPump);
    }

    /// <summary>Runs the broker's duties, and those of clients in the same process.</summary>
    public IDutyPump DutyPump { get; }

    /// <summary>
    /// Lists what does not work at present, the oldest failure first: duties that throw, partitions that are offline or whose flush failed,
    /// appends that find no space. Empty if all works. An entry is removed when its part works again. Any thread.
    /// </summary>
    public IReadOnlyList<HealthIssue> Health => _health.Snapshot();

    /// <summary>Transactions.</summary>
    public BrokerTransactions Transactions { get; }

    /// <summary>The clock of record timestamps.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Whether it is being closed, or is closed: no request can succeed any more.</summary>
    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Opens the data directory, recovers its logs and loads committed offsets.</summary>
    /// <exception cref="StorageException">The directory cannot be used: the message says why and what to do.</exception>
    public static Broker Open(BrokerSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Storage.Acquire();
        try
        {
            return new Broker(settings);
        }
        catch
        {
            settings.Storage.Release();
            throw;
        }
    }

    /// <summary>
    /// Appends one v2 batch with base offset 0. The bytes must not change until the call returns (they are copied before);
    /// the task completes as <paramref name="acks"/> says and never on another appender's thread. A batch that its producer has sent
    /// before (same id, epoch and sequences, among the last five) is answered with the place of the first.
    /// </summary>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlyMemory<byte> batch, Acks acks) =>
        _appends.AppendAsync(partition, batch.Span, null, acks);

    /// <summary>Appends a batch that was built in this process: its records need not be read again.</summary>
    /// <inheritdoc cref="AppendAsync(TopicPartition, ReadOnlyMemory{byte}, Acks)"/>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, BuiltBatch batch, Acks acks) =>
        _appends.AppendAsync(partition, batch.Span, batch.Facts, acks);

    /// <summary>
    /// Appends a batch whose bytes lie in several pieces, as a network delivers them. Each piece is copied once, into the log; only a batch that is
    /// compressed, or that the topic's settings change, is joined first.
    /// </summary>
    /// <inheritdoc cref="AppendAsync(TopicPartition, ReadOnlyMemory{byte}, Acks)"/>
    public ValueTask<AppendResult> AppendAsync(TopicPartition partition, ReadOnlySequence<byte> batch, Acks acks) =>
        _appends.AppendAsync(partition, batch, acks);

    /// <summary>A partition's log, for who looks at what must hold at every instant; null where there is none.</summary>
    internal PartitionLog? FindLog(TopicPartition partition) => _topics.Find(partition);

    /// <summary>Reads batches; waits for new ones as the request says. Cancelling ends the wait with what there is.</summary>
    public ValueTask<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return IsClosed ? new ValueTask<FetchResponse>(FetchPurgatory.Refuse(request, ErrorCode.BrokerNotAvailable)) : _fetches.FetchAsync(request, cancellationToken);
    }

    /// <summary>The first readable offset and the end (the offset of the next record).</summary>
    public ErrorResult ListOffsets(TopicPartition partition, out long logStartOffset, out long endOffset)
    {
        PartitionLog? log = IsClosed ? null : _topics.Find(partition);
        logStartOffset = log?.LogStartOffset ?? -1;
        endOffset = log?.ReadEnd().Offset ?? -1;
        return log is null ? Missing(partition) : ErrorResult.None;
    }

    /// <summary>Finds an offset by time: the first record at or behind a timestamp, or what the constants of <see cref="ListedOffset"/> ask for.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="timestampMs">Milliseconds since 1970, or a constant.</param>
    /// <param name="isolation">What the reader sees of transactions.</param>
    /// <param name="currentLeaderEpoch">The partition's leader epoch as the reader knows it; -1 is not checked.</param>
    /// <param name="topicId">The topic's id, for which another topic of that name is not taken; empty for whatever topic has the name.</param>
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
            return new ListedOffset(error == ErrorCode.None ? ErrorCode.KafkaStorageError : error, -1, -1, -1); // It is offline.
        }

        ErrorCode fenced = EpochLookup.Check(log, currentLeaderEpoch);
        return fenced == ErrorCode.None ? TimestampLookup.Find(log, timestampMs, isolation) : new ListedOffset(fenced, -1, -1, -1);
    }

    /// <summary>Finds where the records of a leader epoch end, so that a reader can tell whether a crash took records that it has read (KIP-320).</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="leaderEpoch">The epoch of the reader's last record.</param>
    /// <param name="currentLeaderEpoch">
    /// The partition's leader epoch as the reader knows it; -1 is not checked. An older one is answered with
    /// <see cref="ErrorCode.FencedLeaderEpoch"/>, a newer one with <see cref="ErrorCode.UnknownLeaderEpoch"/>.
    /// </param>
    public EpochEndOffset OffsetForLeaderEpoch(TopicPartition partition, int leaderEpoch, int currentLeaderEpoch = -1)
    {
        if (IsClosed || _topics.Find(partition) is not { } log)
        {
            return new EpochEndOffset(Missing(partition).Error, -1, -1);
        }

        ErrorCode fenced = EpochLookup.Check(log, currentLeaderEpoch);
        return fenced == ErrorCode.None ? EpochLookup.EndOf(log, leaderEpoch) : new EpochEndOffset(fenced, -1, -1);
    }

    /// <summary>Makes records below an offset unreadable, durably; -1 means all there are. The files go with their segments.</summary>
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

    /// <summary>
    /// Creates topics, each durably or not at all; they share the flushes, so that thousands take no more of them than one. Returns what became of
    /// each, in their order.
    /// </summary>
    /// <param name="topics">The topics. A name that is there twice is <see cref="ErrorCode.InvalidRequest"/>, as in Kafka.</param>
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

    /// <summary>Gives a topic more partitions, durably; keys are spread over all of them from then on.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="count">How many it is to have: more than it has.</param>
    /// <param name="validateOnly">Only answers what would be wrong.</param>
    public ErrorResult CreatePartitions(string topic, int count, bool validateOnly = false)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return IsClosed ? Closed() : _topics.CreatePartitions(topic, count, validateOnly);
    }

    /// <summary>The partitions whose compaction failed and is not tried again, and why. They are served as before.</summary>
    public IReadOnlyDictionary<TopicPartition, string> UncleanablePartitions => _upkeep.SetAside;

    /// <summary>Changes settings of a topic, durably; they count when this returns.</summary>
    public ErrorResult AlterTopicConfigs(string topic, IReadOnlyList<ConfigChange> changes)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(changes);
        return IsClosed ? Closed() : _topics.AlterConfigs(topic, changes);
    }

    /// <summary>Tells every setting of a topic as it counts.</summary>
    public ErrorResult DescribeTopicConfigs(string topic, out IReadOnlyList<ConfigEntry> configs)
    {
        ArgumentNullException.ThrowIfNull(topic);
        IReadOnlyList<ConfigEntry>? found = IsClosed ? null : _topics.DescribeConfigs(topic);
        configs = found ?? [];
        return IsClosed ? Closed() : found is null ? new ErrorResult(ErrorCode.UnknownTopicOrPartition, $"The topic '{topic}' does not exist.") : ErrorResult.None;
    }

    /// <summary>
    /// Deletes a topic with its data and its committed offsets, durably: it does not come back, and its name may be used again when this
    /// returns. Its files are deleted afterwards, in the background. Leases that are out stay readable.
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
            ? new ErrorResult(forgotten, $"Topic '{name}' is deleted. Offsets that groups had committed for it do not count any more; removing them from '{TopicName.ConsumerOffsets}' failed, and the next startup does it.")
            : result;
    }

    /// <summary>Finds a topic; with <paramref name="autoCreate"/> creates it where <c>auto.create.topics.enable</c> allows.</summary>
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

    /// <summary>Lists every topic, in ordinal order of names.</summary>
    public IReadOnlyList<TopicDescription> ListTopics() => [.. _topics.All().Select(static topic => topic.Description)];

    /// <summary>Joins a group. A group has one member for now: a second one gets <see cref="ErrorCode.GroupMaxSizeReached"/>.</summary>
    public JoinGroupResult JoinGroup(string groupId, string clientId)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        (ErrorCode error, string memberId, int generationId, string? message) = IsClosed ? (Closed().Error, "", -1, Closed().Message) : _groups.Join(groupId, clientId);
        return new JoinGroupResult(error, memberId, generationId, message);
    }

    /// <summary>Leaves a group; commits of the member are refused from then on.</summary>
    public ErrorCode LeaveGroup(string groupId, string memberId) => IsClosed ? ErrorCode.BrokerNotAvailable : _groups.Leave(groupId, memberId);

    /// <summary>
    /// Commits offsets as records of <c>__consumer_offsets</c> (acks=1: losing one to a power cut means redelivery, never a skip).
    /// A generation of -1 with an empty member id commits for a group without members.
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
    /// Reads committed offsets; null asks for all of the group. With <paramref name="requireStable"/> an offset that an open transaction may
    /// change is answered with <see cref="ErrorCode.UnstableOffsetCommit"/>: ask again.
    /// </summary>
    public IReadOnlyList<OffsetFetchResult> FetchOffsets(string groupId, IReadOnlyList<TopicPartition>? partitions, bool requireStable = false) =>
    [
        .. (partitions ?? [.. _groups.Fetch(groupId).Keys]).Select(partition => IsClosed ? new OffsetFetchResult(partition, null, ErrorCode.BrokerNotAvailable) : requireStable && _groups.IsUnstable(groupId, partition)
            ? new OffsetFetchResult(partition, null, ErrorCode.UnstableOffsetCommit)
            : new OffsetFetchResult(partition, _groups.Fetch(groupId, partition))),
    ];

    /// <summary>Gives a producer an id that no other has had in this directory.</summary>
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
            return new InitProducerIdResult(ErrorCode.KafkaStorageError, -1, -1, $"No producer id could be given away: {exception.Message}");
        }
    }

    /// <summary>Stops, flushes every log, trims it and marks the directory as cleanly closed.</summary>
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
                Attempts.All(_toucher.Stop, _topics.Deletions.Stop, _upkeep.Stop, _transactionDuty.Stop, _flushes.Stop);
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
            _storage.Release); // From here on nothing of this broker touches the directory.
        return ValueTask.CompletedTask;
    }

    private static ErrorResult Internal(string topic) => new(ErrorCode.InvalidTopicException, $"Topic '{topic}' is internal; the engine creates it when it needs it.");

    private static ErrorResult Closed() => new(ErrorCode.BrokerNotAvailable, AppendRequests.ClosedMessage);

    private ErrorResult Missing(TopicPartition partition) => IsClosed ? Closed() : AppendRequests.Missing(_topics, partition);
}
