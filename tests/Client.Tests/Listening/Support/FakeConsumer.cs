using System.Buffers.Binary;
using Zurau;
using Zurau.Embedded.Consuming;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Listening.Support;

/// <summary>
/// A consumer of the fake cluster: the one member of its group. Fails the test when two
/// threads use it at once.
/// </summary>
internal sealed class FakeConsumer(FakeTransport cluster, ConsumerOptions options) : IConsumerTransport
{
    private readonly Dictionary<TopicPartition, long> _positions = [];
    private readonly HashSet<TopicPartition> _paused = [];
    private readonly List<TopicPartition> _turns = [];
    private IReadOnlyCollection<string> _topics = [];
    private TaskCompletionSource _wake = New();
    private int _users;
    private bool _rebalance;

    // Reported and not completed.
    private ConsumerEvent _change;

    public ConsumerGroupMetadata? GroupMetadata => null;

    public IReadOnlyCollection<TopicPartition> Assignment => _turns;

    public bool IsClosed { get; private set; }

    public IReadOnlyCollection<TopicPartition> Paused => _paused;

    /// <summary>Takes every partition away and gives it back at the next polls.</summary>
    public void Rebalance() => _rebalance = true;

    public ValueTask SubscribeAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        _topics = subscription.Topics;
        _rebalance = true;
        return default;
    }

    public async ValueTask<ConsumerEvent> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using User user = Use();
        Assert.Equal(ConsumerEventKind.None, _change.Kind);
        cancellationToken.ThrowIfCancellationRequested();
        if (cluster.PollErrors.TryDequeue(out Exception? error))
        {
            throw error;
        }

        if (_rebalance)
        {
            return _change = _turns.Count > 0 ? ConsumerEvent.Revoking([.. _turns]) : Assign();
        }

        if (Fetch() is { } batches)
        {
            return ConsumerEvent.Of(batches);
        }

        if (timeout == TimeSpan.Zero)
        {
            return default;
        }

        Task wake = _wake.Task;
        if (Fetch() is { } late)
        {
            return ConsumerEvent.Of(late);
        }

        await Task.WhenAny(wake, Task.Delay(timeout, cluster.Time, cancellationToken));
        _wake = New();
        cancellationToken.ThrowIfCancellationRequested();
        return Fetch() is { } last ? ConsumerEvent.Of(last) : default;
    }

    public ValueTask CompleteRebalanceAsync(CancellationToken cancellationToken)
    {
        if (_change.Kind == ConsumerEventKind.Revoking)
        {
            RevokeAll();
        }

        _change = default;
        return default;
    }

    public void Wakeup() => _wake.TrySetResult();

    public void Seek(TopicPartition partition, long offset)
    {
        using User user = Use();
        cluster.Note($"seek:{partition.Partition}@{offset}");
        Assert.True(_positions.ContainsKey(partition), $"{partition} is not assigned");
        _positions[partition] = offset;
    }

    public bool TryGetPosition(TopicPartition partition, out long offset) => _positions.TryGetValue(partition, out offset);

    public ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken) => new(_positions[partition]);

    public void Pause(IReadOnlyCollection<TopicPartition> partitions)
    {
        cluster.Note($"pause:{string.Join(",", partitions.Select(p => p.Partition))}");
        _paused.UnionWith(partitions);
    }

    public void Resume(IReadOnlyCollection<TopicPartition> partitions)
    {
        cluster.Note($"resume:{string.Join(",", partitions.Select(p => p.Partition))}");
        _paused.ExceptWith(partitions);
    }

    public ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken)
    {
        using User user = Use(isNested: true);
        return cluster.HeldCommits.TryDequeue(out Task<ErrorCode>? held) ? CommitAfterAsync(held, offsets) : Commit(offsets);
    }

    private async ValueTask CommitAfterAsync(Task<ErrorCode> held, IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        ErrorCode error = await held;
        if (error != ErrorCode.None)
        {
            throw KafkaException.For(error, $"scripted {error}");
        }

        await Commit(offsets);
    }

    private ValueTask Commit(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets)
    {
        lock (cluster.Lock)
        {
            string text = string.Join(",", offsets.OrderBy(o => o.Key.Partition).Select(o => $"{o.Key.Partition}@{o.Value.Offset}"));
            if (cluster.CommitErrors.TryDequeue(out ErrorCode error))
            {
                cluster.Note($"commit failed:{text}");
                throw new KafkaException(error, $"scripted {error}");
            }

            cluster.Note($"commit:{text}");
            foreach ((TopicPartition partition, OffsetAndMetadata position) in offsets)
            {
                Assert.Contains(partition, _turns);
                cluster.Committed[(options.GroupId!, partition)] = position.Offset;
            }
        }

        return default;
    }

    public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken) =>
        new(partitions.ToDictionary(p => p, p => cluster.Committed.TryGetValue((options.GroupId!, p), out long offset) ? (OffsetAndMetadata?)new(offset) : null));

    public ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> WatermarksAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken) =>
        new(partitions.ToDictionary(p => p, p => new WatermarkOffsets(0, cluster.Log(p).Count)));

    public ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
        IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
        CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask AssignAsync(IReadOnlyCollection<TopicPartitionOffset> partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask UnsubscribeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask SeekToBeginningAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask SeekToEndAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        using User user = Use();
        RevokeAll();
        IsClosed = true;
        cluster.Note("close");
        return default;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void RevokeAll()
    {
        _turns.Clear();
        _positions.Clear();
        _paused.Clear();
    }

    private ConsumerEvent Assign()
    {
        _rebalance = false;
        _turns.AddRange(_topics.SelectMany(cluster.Partitions));
        foreach (TopicPartition partition in _turns)
        {
            _positions[partition] = cluster.Committed.TryGetValue((options.GroupId!, partition), out long committed) ? committed
                : options.AutoOffsetReset == AutoOffsetReset.Earliest ? 0
                : cluster.Log(partition).Count;
        }

        return ConsumerEvent.Assigned([.. _turns]);
    }

    private RecordCursor? Fetch()
    {
        lock (cluster.Lock)
        {
            foreach (TopicPartition partition in _turns.OrderBy(p => p.Partition).ThenBy(p => p.Topic, StringComparer.Ordinal))
            {
                long position = _positions[partition];
                List<RawFakeRecord> log = cluster.Log(partition);
                if (_paused.Contains(partition) || position >= log.Count)
                {
                    continue;
                }

                int count = Math.Min(cluster.RecordsPerFetch, log.Count - (int)position);
                _positions[partition] = position + count;
                byte[] bytes = Encode(log, (int)position, count);
                if (cluster.CorruptFetches.TryDequeue(out bool isCorrupt) && isCorrupt)
                {
                    bytes[^1] ^= 0x40;
                }

                return new RecordCursor(bytes, position, new SpoiledAtEnd(bytes))
                {
                    TopicPartition = partition,
                    HighWatermark = log.Count,
                    ChecksCrcs = options.CheckCrcs,
                };
            }

            return null;
        }
    }

    private static byte[] Encode(List<RawFakeRecord> log, int start, int count)
    {
        var builder = new RecordBatchBuilder(new byte[1 << 20]);
        for (int i = start; i < start + count; i++)
        {
            RawFakeRecord record = log[i];
            builder.Append(record.TimestampMs, record.Key, record.Key is null, record.Value, record.Value is null, record.Headers);
        }

        byte[] bytes = builder.Build().ToArray();
        BinaryPrimitives.WriteInt64BigEndian(bytes, start);
        return bytes;
    }

    private User Use(bool isNested = false)
    {
        int users = Interlocked.Increment(ref _users);
        Assert.True(users == 1 || isNested, "two threads use one consumer");
        return new User(this);
    }

    private readonly struct User(FakeConsumer consumer) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref consumer._users);
    }
}
