using System.Buffers.Binary;
using Zurau;
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
    private IRebalanceListener? _listener;
    private TaskCompletionSource _wake = New();
    private int _users;
    private bool _rebalance;

    public ConsumerGroupMetadata? GroupMetadata => null;

    public IReadOnlyCollection<TopicPartition> Assignment => _turns;

    public bool IsClosed { get; private set; }

    public IReadOnlyCollection<TopicPartition> Paused => _paused;

    /// <summary>Takes every partition away and gives it back at the next poll.</summary>
    public void Rebalance() => _rebalance = true;

    public void Subscribe(IReadOnlyCollection<string> topics, IRebalanceListener? listener)
    {
        _topics = topics;
        _listener = listener;
        _rebalance = true;
    }

    public async ValueTask<FetchedBatches?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using User user = Use();
        cancellationToken.ThrowIfCancellationRequested();
        if (cluster.PollErrors.TryDequeue(out Exception? error))
        {
            throw error;
        }

        if (_rebalance)
        {
            _rebalance = false;
            RevokeAll();
            AssignAll();
        }

        if (Fetch() is { } batches)
        {
            return batches;
        }

        if (timeout == TimeSpan.Zero)
        {
            return null;
        }

        Task wake = _wake.Task;
        if (Fetch() is { } late)
        {
            return late;
        }

        await Task.WhenAny(wake, Task.Delay(timeout, cluster.Time, cancellationToken));
        _wake = New();
        cancellationToken.ThrowIfCancellationRequested();
        return Fetch();
    }

    public void Wakeup() => _wake.TrySetResult();

    public void Seek(TopicPartition partition, long offset)
    {
        using User user = Use();
        cluster.Note($"seek:{partition.Partition}@{offset}");
        Assert.True(_positions.ContainsKey(partition), $"{partition} is not assigned");
        _positions[partition] = offset;
    }

    public long Position(TopicPartition partition) => _positions[partition];

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

    public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetRange>> OffsetsAsync(
        IReadOnlyCollection<TopicPartition> partitions,
        CancellationToken cancellationToken) =>
        new(partitions.ToDictionary(p => p, p => new OffsetRange(0, cluster.Log(p).Count)));

    public void Assign(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

    public void Unsubscribe() => throw new NotSupportedException();

    public void SeekToBeginning(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

    public void SeekToEnd(IReadOnlyCollection<TopicPartition> partitions) => throw new NotSupportedException();

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
        if (_turns.Count > 0)
        {
            _listener?.OnPartitionsRevoked([.. _turns]);
        }

        _turns.Clear();
        _positions.Clear();
        _paused.Clear();
    }

    private void AssignAll()
    {
        _turns.AddRange(_topics.SelectMany(cluster.Partitions));
        foreach (TopicPartition partition in _turns)
        {
            _positions[partition] = cluster.Committed.TryGetValue((options.GroupId!, partition), out long committed) ? committed
                : options.AutoOffsetReset == AutoOffsetReset.Earliest ? 0
                : cluster.Log(partition).Count;
        }

        _listener?.OnPartitionsAssigned([.. _turns]);
    }

    private FakeBatches? Fetch()
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

                return new FakeBatches(bytes)
                {
                    TopicPartition = partition,
                    FetchOffset = position,
                    HighWatermark = log.Count,
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
