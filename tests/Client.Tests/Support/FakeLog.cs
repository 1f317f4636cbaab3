using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>
/// A transport for producers over lists in memory. A test may have appends answered late (<see cref="HoldAnswers"/>) or refused
/// (<see cref="Answer"/>); time and duties are stepped by hand.
/// </summary>
internal sealed class FakeLog : IKafkaTransport, IProducerTransport
{
    private readonly Dictionary<TopicPartition, List<FakeRecord>> _records = [];
    private readonly LinkedList<Action> _held = new();
    private readonly Lock _lock = new();

    internal FakeLog(int partitions = 1)
    {
        Partitions = partitions;
        Pump = new ManualDutyPump(Time);
    }

    internal ManualTime Time { get; } = new();

    internal ManualDutyPump Pump { get; }

    internal int Partitions { get; }

    /// <summary>Says what the log answers to a batch; null appends it. Arguments: partition, number of the append from 0.</summary>
    internal Func<TopicPartition, int, ErrorCode?> Answer { get; set; } = (_, _) => null;

    /// <summary>While true, batches are appended at once and answered when <see cref="ReleaseOne"/> says so.</summary>
    internal bool HoldAnswers { get; set; }

    /// <summary>Says which partitions' batches are answered late, besides <see cref="HoldAnswers"/>.</summary>
    internal Func<int, bool> HoldsPartition { get; set; } = _ => false;

    /// <summary>Larger batches are refused, as <c>max.message.bytes</c> does.</summary>
    internal int MaxBatchBytes { get; set; } = int.MaxValue;

    internal long LogAppendTimeMs { get; set; } = -1;

    internal int AppendCount { get; private set; }

    /// <summary>The bytes of each append that is answered late, where they lie and as they were.</summary>
    internal List<(ReadOnlyMemory<byte> Bytes, byte[] Copy)> HeldBytes { get; } = [];

    internal int HeldCount => _held.Count;

    public string Description => "fake log";

    public TimeProvider TimeProvider => Time;

    public IDutyPump DutyPump => Pump;

    public IProducerTransport Producer => this;

    public IKafkaAdmin Admin => throw new NotSupportedException();

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => throw new NotSupportedException();

    public int PartitionCount(string topic) => topic == "missing"
        ? throw new KafkaException(ErrorCode.UnknownTopicOrPartition, "Topic 'missing' does not exist.")
        : Partitions;

    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks)
    {
        lock (_lock)
        {
            ErrorCode error = Answer(partition, AppendCount++) ?? (batch.SizeBytes > MaxBatchBytes ? ErrorCode.MessageTooLarge : ErrorCode.None);
            List<FakeRecord> log = Log(partition);
            ProduceResult result = error == ErrorCode.None
                ? new ProduceResult(ErrorCode.None, acks == Acks.None ? -1 : log.Count, LogAppendTimeMs, null)
                : new ProduceResult(error, -1, -1, $"the fake log says {error}");
            if (error == ErrorCode.None)
            {
                log.AddRange(FakeRecord.ReadAll(batch.Span, log.Count));
            }

            if (!HoldAnswers && !HoldsPartition(partition.Partition))
            {
                return new ValueTask<ProduceResult>(result);
            }

            HeldBytes.Add((batch.Bytes, batch.ToArray()));
            var answer = new TaskCompletionSource<ProduceResult>();
            _held.AddLast(() => answer.SetResult(result));
            return new ValueTask<ProduceResult>(answer.Task);
        }
    }

    /// <summary>Answers the append that has waited longest, on this thread.</summary>
    internal void ReleaseOne() => Release(() => _held.First!);

    /// <summary>Answers the append that came last, on this thread.</summary>
    internal void ReleaseLast() => Release(() => _held.Last!);

    private void Release(Func<LinkedListNode<Action>> choose)
    {
        Action release;
        lock (_lock)
        {
            LinkedListNode<Action> chosen = choose();
            _held.Remove(chosen);
            release = chosen.Value;
        }

        // Without a context the producer's continuation runs inside, so a test goes on when all is done.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            release();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    internal IReadOnlyList<FakeRecord> Records(int partition = 0, string topic = "orders")
    {
        lock (_lock)
        {
            return [.. Log(new TopicPartition(topic, partition))];
        }
    }

    internal IReadOnlyList<string> Values(int partition = 0) => [.. Records(partition).Select(record => record.Value!)];

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<FakeRecord> Log(TopicPartition partition)
    {
        if (!_records.TryGetValue(partition, out List<FakeRecord>? log))
        {
            _records[partition] = log = [];
        }

        return log;
    }
}
