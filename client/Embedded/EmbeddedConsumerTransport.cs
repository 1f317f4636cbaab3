using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Transport;

namespace Zurau.Embedded;

/// <summary>
/// A consumer's side of the embedded engine. One thread at a time, but for <see cref="Wakeup"/>. Fetches all partitions at once, in an
/// order that rotates, and hands their batches out one partition at a time.
/// </summary>
internal sealed class EmbeddedConsumerTransport : IConsumerTransport
{
    // With fetch.max.wait.ms=0 a poll that has time must not spin.
    private const int ShortestWaitMs = 10;

    private readonly Broker _broker;
    private readonly ConsumerOptions _options;
    private readonly OffsetResolver _resolver;
    private readonly GroupMembership _group;
    private readonly PartitionAssignment _assignment;
    private readonly FetchQueue _fetched;
    private int _rotation;

    // The last request; asked again where nothing has changed, so that polling an idle log costs no memory.
    private FetchRequest? _asked;

    // Cancelled by Wakeup on any thread; replaced by the poll that it ended.
    private volatile CancellationTokenSource _wakeup = new();

    internal EmbeddedConsumerTransport(Broker broker, EmbeddedTopics topics, ConsumerOptions options, ILogger logger)
    {
        _broker = broker;
        _options = options;
        _resolver = new OffsetResolver(broker, options, logger);
        _group = new GroupMembership(broker, options);
        _assignment = new PartitionAssignment(topics, options.AllowAutoCreateTopics);
        _fetched = new FetchQueue(_assignment, _resolver, logger);
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<TopicPartition> Assignment => _assignment.Partitions;

    /// <inheritdoc/>
    public ConsumerGroupMetadata? GroupMetadata => _group.Metadata;

    /// <inheritdoc/>
    public void Subscribe(IReadOnlyCollection<string> topics, IRebalanceListener? listener)
    {
        ArgumentNullException.ThrowIfNull(topics);
        _assignment.Check(topics);
        _group.Join();
        _assignment.Subscribe(topics, listener);
    }

    /// <inheritdoc/>
    public void Assign(IReadOnlyCollection<TopicPartition> partitions)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        _assignment.Assign(partitions);
        _group.Leave();
    }

    /// <inheritdoc/>
    public void Unsubscribe()
    {
        _assignment.Clear();
        _group.Leave();
        _fetched.Clear();
    }

    /// <inheritdoc/>
    public async ValueTask<FetchedBatches?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = _broker.TimeProvider.GetTimestamp();
        while (true) // Ends with batches, or when the timeout is over.
        {
            cancellationToken.ThrowIfCancellationRequested();
            _assignment.Update();
            if (_fetched.TryTake(out FetchedBatches? batches))
            {
                return batches;
            }

            Resolve();
            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : timeout - _broker.TimeProvider.GetElapsedTime(start);
            CancellationTokenSource wakeup = _wakeup;
            using CancellationTokenSource? both = cancellationToken.CanBeCanceled
                ? CancellationTokenSource.CreateLinkedTokenSource(wakeup.Token, cancellationToken)
                : null;

            // Not longer than fetch.max.wait.ms at a time: a topic that is created meanwhile is found between two fetches.
            var longest = TimeSpan.FromMilliseconds(Math.Max(_options.FetchMaxWaitMs, ShortestWaitMs));
            var wait = TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, longest.Ticks));
            FetchResponse response = await _broker.FetchAsync(Request(wait), (both ?? wakeup).Token).ConfigureAwait(false);
            _fetched.Add(response);
            if (_fetched.TryTake(out batches))
            {
                return batches;
            }

            if (wakeup.IsCancellationRequested)
            {
                _wakeup = new CancellationTokenSource();
                return null;
            }

            if (left <= wait)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public void Wakeup() => _wakeup.Cancel();

    /// <inheritdoc/>
    public void Seek(TopicPartition partition, long offset)
    {
        PartitionPosition position = _assignment.Get(partition);
        position.TopicId = position.TopicId == default ? _resolver.TopicId(partition.Topic) : position.TopicId;
        position.Offset = offset;
    }

    /// <inheritdoc/>
    public void SeekToBeginning(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach ((TopicPartition partition, OffsetRange range) in Ranges(partitions))
        {
            Seek(partition, range.Start);
        }
    }

    /// <inheritdoc/>
    public void SeekToEnd(IReadOnlyCollection<TopicPartition> partitions)
    {
        foreach ((TopicPartition partition, OffsetRange range) in Ranges(partitions))
        {
            Seek(partition, range.End);
        }
    }

    /// <inheritdoc/>
    public long Position(TopicPartition partition)
    {
        PartitionPosition position = _assignment.Get(partition);
        if (position.Offset is null)
        {
            Begin(position);
        }

        return position.Offset ?? throw NotThere(partition);
    }

    /// <inheritdoc/>
    public void Pause(IReadOnlyCollection<TopicPartition> partitions) => SetPaused(partitions, true);

    /// <inheritdoc/>
    public void Resume(IReadOnlyCollection<TopicPartition> partitions) => SetPaused(partitions, false);

    /// <inheritdoc/>
    public ValueTask CommitAsync(
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(offsets);
        cancellationToken.ThrowIfCancellationRequested();

        // What was read of a topic that was deleted since says nothing of the one that has its name now.
        return _group.CommitAsync([.. offsets.Select(offset => KeyValuePair.Create(offset.Key, offset.Value with { TopicId = _assignment.Find(offset.Key)?.TopicId ?? default }))]);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_group.Committed(partitions));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetRange>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Ranges(partitions));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Unsubscribe();
        return ValueTask.CompletedTask;
    }

    private static KafkaException NotThere(TopicPartition partition) =>
        new(ErrorCode.UnknownTopicOrPartition, $"Partition {partition} does not exist.");

    private void Resolve()
    {
        foreach (PartitionPosition position in _assignment.Positions)
        {
            if (position.Offset is null && !position.IsPaused)
            {
                Begin(position);
            }
        }
    }

    // The id first: an offset of a later topic of that name is noticed by the fetch, which has the id.
    private void Begin(PartitionPosition position)
    {
        position.TopicId = _resolver.TopicId(position.Partition.Topic);
        position.Offset = _resolver.Begin(position.Partition);
    }

    private FetchRequest Request(TimeSpan wait)
    {
        int waitMs = (int)Math.Ceiling(wait.TotalMilliseconds);
        if (_asked is { } asked && asked.MaxWaitMs == waitMs && IsWantedStill(asked.Partitions))
        {
            return asked;
        }

        ReadOnlySpan<PartitionPosition> positions = _assignment.Positions;
        int count = 0;
        foreach (PartitionPosition position in positions)
        {
            count += IsWanted(position) ? 1 : 0;
        }

        // Who was asked for first is asked for last the next time.
        var partitions = new FetchPartition[count];
        _rotation = count == 0 ? 0 : (_rotation + 1) % count;
        int place = FirstPlace(count);
        foreach (PartitionPosition position in positions)
        {
            if (IsWanted(position))
            {
                partitions[place] = new FetchPartition(position.Partition, position.Offset!.Value, _options.MaxPartitionFetchBytes, TopicId: position.TopicId);
                place = (place + 1) % count;
            }
        }

        _asked = new FetchRequest
        {
            Partitions = partitions,
            IsolationLevel = _options.IsolationLevel,
            MaxWaitMs = waitMs,
            MinBytes = Math.Max(1, _options.FetchMinBytes),
            MaxBytes = _options.FetchMaxBytes,
        };
        return _asked;
    }

    // Nothing has come since that request, nor was anything sought, paused or assigned.
    private bool IsWantedStill(IReadOnlyList<FetchPartition> partitions)
    {
        int found = 0;
        int place = FirstPlace(partitions.Count);
        foreach (PartitionPosition position in _assignment.Positions)
        {
            if (!IsWanted(position))
            {
                continue;
            }

            if (++found > partitions.Count || partitions[place].FetchOffset != position.Offset || partitions[place].Partition != position.Partition || partitions[place].TopicId != position.TopicId)
            {
                return false;
            }

            place = (place + 1) % partitions.Count;
        }

        return found == partitions.Count;
    }

    // The place in the request of the first partition in order.
    private int FirstPlace(int count) => _rotation == 0 ? 0 : count - _rotation;

    private static bool IsWanted(PartitionPosition position) => position is { IsPaused: false, Offset: not null };

    private Dictionary<TopicPartition, OffsetRange> Ranges(IReadOnlyCollection<TopicPartition> partitions)
    {
        var ranges = new Dictionary<TopicPartition, OffsetRange>(partitions.Count);
        foreach (TopicPartition partition in partitions)
        {
            ranges[partition] = _resolver.TryGetRange(partition, out OffsetRange range) ? range : throw NotThere(partition);
        }

        return ranges;
    }

    private void SetPaused(IReadOnlyCollection<TopicPartition> partitions, bool isPaused)
    {
        foreach (TopicPartition partition in partitions)
        {
            _assignment.Get(partition).IsPaused = isPaused;
        }
    }
}
