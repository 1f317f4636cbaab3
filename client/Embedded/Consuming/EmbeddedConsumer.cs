using Microsoft.Extensions.Logging;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Transport;

namespace Zurau.Embedded.Consuming;

/// <summary>
/// A consumer's connection to the embedded engine. One thread at a time, except for <see cref="Wakeup"/>. Fetches all partitions at once,
/// in an order that rotates, and returns their records one partition at a time.
/// </summary>
internal sealed class EmbeddedConsumer : IConsumerTransport
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

    internal EmbeddedConsumer(Broker broker, EmbeddedTopics topics, ConsumerOptions options, ILogger logger)
    {
        _broker = broker;
        _options = options;
        _resolver = new OffsetResolver(broker, options, logger);
        _group = new GroupMembership(broker, options);
        _assignment = new PartitionAssignment(topics, options.AllowAutoCreateTopics, broker.TimeProvider);
        _fetched = new FetchQueue(_assignment, _resolver, options, broker.TimeProvider, logger);
    }

    /// <inheritdoc/>
    public IReadOnlyCollection<TopicPartition> Assignment => _assignment.Partitions;

    /// <inheritdoc/>
    public ConsumerGroupMetadata? GroupMetadata => _group.Metadata;

    /// <inheritdoc/>
    public ValueTask SubscribeAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        cancellationToken.ThrowIfCancellationRequested();
        _assignment.Check(subscription.Topics);
        _group.Join();
        _assignment.Subscribe(subscription);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask AssignAsync(IReadOnlyCollection<TopicPartitionOffset> partitions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        cancellationToken.ThrowIfCancellationRequested();
        _assignment.Assign(partitions.Select(static assigned => assigned.TopicPartition));
        _group.Leave();
        foreach ((TopicPartition partition, long? offset) in partitions)
        {
            if (offset is { } begin)
            {
                Seek(partition, begin);
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask UnsubscribeAsync(CancellationToken cancellationToken)
    {
        _assignment.Clear();
        _fetched.Clear();
        _group.Leave();
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask<ConsumerEvent> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = _broker.TimeProvider.GetTimestamp();
        while (true) // Ends with an event, or when the timeout has expired.
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryTake(out ConsumerEvent next))
            {
                return next;
            }

            Resolve();
            if (_fetched.TryTake(out next))
            {
                return next;
            }

            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : timeout - _broker.TimeProvider.GetElapsedTime(start);
            CancellationTokenSource wakeup = _wakeup;
            using CancellationTokenSource? both = cancellationToken.CanBeCanceled
                ? CancellationTokenSource.CreateLinkedTokenSource(wakeup.Token, cancellationToken)
                : null;

            // Not longer than fetch.max.wait.ms: a topic that is created meanwhile is found between two fetches, and a partition that
            // backs off is tried again.
            var longest = TimeSpan.FromMilliseconds(Math.Max(_options.FetchMaxWaitMs, ShortestWaitMs));
            var wait = TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, longest.Ticks));
            FetchResponse response = await _broker.FetchAsync(Request(wait), (both ?? wakeup).Token).ConfigureAwait(false);
            _fetched.Add(response);
            if (TryTake(out next))
            {
                return next;
            }

            if (wakeup.IsCancellationRequested)
            {
                _wakeup = new CancellationTokenSource();
                return default;
            }

            if (left <= wait)
            {
                return default;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask CompleteRebalanceAsync(CancellationToken cancellationToken)
    {
        _assignment.Complete();
        return default;
    }

    /// <inheritdoc/>
    public void Wakeup() => _wakeup.Cancel();

    /// <inheritdoc/>
    public void Seek(TopicPartition partition, long offset)
    {
        PartitionPosition position = _assignment.Get(partition);
        if (position.TopicId == default || position.WasDeleted)
        {
            position.TopicId = _resolver.TopicId(partition.Topic);
            position.WasDeleted = false;
        }

        position.Succeed();
        position.Offset = offset;
    }

    /// <inheritdoc/>
    public ValueTask SeekToBeginningAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        foreach ((TopicPartition partition, WatermarkOffsets range) in Ranges(partitions))
        {
            Seek(partition, range.Low);
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask SeekToEndAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        foreach ((TopicPartition partition, WatermarkOffsets range) in Ranges(partitions))
        {
            Seek(partition, range.High);
        }

        return default;
    }

    /// <inheritdoc/>
    public bool TryGetPosition(TopicPartition partition, out long offset)
    {
        long? known = _assignment.Find(partition)?.Offset;
        offset = known ?? 0;
        return known is not null;
    }

    /// <inheritdoc/>
    public ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken)
    {
        PartitionPosition position = _assignment.Get(partition);
        if (position.Offset is null && _fetched.Begin(position) is { IsSuccess: false } problem)
        {
            throw OffsetResolver.Failure(problem);
        }

        return new(position.Offset!.Value);
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

        // An offset of a topic that was deleted since does not apply to the topic that has its name now.
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
    public ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timestamps);
        cancellationToken.ThrowIfCancellationRequested();
        return new(timestamps.ToDictionary(static wanted => wanted.Key, wanted => _resolver.OffsetFor(wanted.Key, wanted.Value)));
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> WatermarksAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partitions);
        cancellationToken.ThrowIfCancellationRequested();
        return new(Ranges(partitions));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnsubscribeAsync(CancellationToken.None);

    private bool TryTake(out ConsumerEvent next) => _assignment.TryChange(out next) || _fetched.TryTake(out next);

    private void Resolve()
    {
        foreach (PartitionPosition position in _assignment.Positions)
        {
            if (!position.CheckBackOff(_broker.TimeProvider) && position is { Offset: null, IsPaused: false })
            {
                _fetched.Begin(position).IgnoreBecause("it is logged, and tried again after the back-off");
            }
        }
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

    private static bool IsWanted(PartitionPosition position) => position is { IsPaused: false, IsBackingOff: false, Offset: not null };

    private Dictionary<TopicPartition, WatermarkOffsets> Ranges(IReadOnlyCollection<TopicPartition> partitions)
    {
        var ranges = new Dictionary<TopicPartition, WatermarkOffsets>(partitions.Count);
        foreach (TopicPartition partition in partitions)
        {
            ErrorResult problem = _resolver.TryGetRange(partition, out WatermarkOffsets range);
            ranges[partition] = problem.IsSuccess ? range : throw OffsetResolver.Failure(problem);
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
