using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Embedded.Producing;
using Zurau.Embedded.Producing.Sessions;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>
/// A transport for producers over lists in memory. A test may have appends answered
/// late (<see cref="HoldAnswers"/>) or refused (<see cref="Answer"/>); time and duties
/// are stepped manually.
/// </summary>
internal sealed class FakeLog : IKafkaTransport, IBatchLog
{
    private readonly Dictionary<TopicPartition, List<FakeRecord>> _records = [];
    private readonly LinkedList<Action> _held = new();
    private readonly Dictionary<(TopicPartition Partition, long ProducerId), FakeSequences> _sequences = [];
    private readonly Lock _lock = new();

    internal FakeLog(int partitions = 1)
    {
        Partitions = partitions;
        Pump = new SteppedPump(Time);
    }

    internal SteppedTime Time { get; } = new();

    internal SteppedPump Pump { get; }

    internal int Partitions { get; }

    /// <summary>
    /// Returns the log's answer to a batch; null appends it. Arguments: partition, number
    /// of the append from 0.
    /// </summary>
    internal Func<TopicPartition, int, ErrorCode?> Answer { get; set; } = (_, _) => null;

    /// <summary>
    /// Returns whether the answer to an appended batch is lost: the producer gets a
    /// timeout.
    /// </summary>
    internal Func<int, bool> LosesAnswer { get; set; } = _ => false;

    /// <summary>
    /// While true, batches are appended immediately and answered by
    /// <see cref="ReleaseOne"/>.
    /// </summary>
    internal bool HoldAnswers { get; set; }

    /// <summary>Whether the producer may have any number of batches in flight.</summary>
    public bool DecidesAtOnce { get; set; } = true;

    /// <summary>Identities that were given away.</summary>
    internal int IdentityCount { get; private set; }

    /// <summary>
    /// Returns the partitions whose batches are answered late, in addition to
    /// <see cref="HoldAnswers"/>.
    /// </summary>
    internal Func<int, bool> HoldsPartition { get; set; } = _ => false;

    /// <summary>Larger batches are refused, as <c>max.message.bytes</c> does.</summary>
    internal int MaxBatchBytes { get; set; } = int.MaxValue;

    internal long LogAppendTimeMs { get; set; } = -1;

    internal int AppendCount { get; private set; }

    /// <summary>
    /// The bytes of each append that is answered late, where they lie and as they were.
    /// </summary>
    internal List<(ReadOnlyMemory<byte> Bytes, byte[] Copy)> HeldBytes { get; } = [];

    internal int HeldCount => _held.Count;

    public string Description => "fake log";

    public TimeProvider TimeProvider => Time;

    public IKafkaAdmin Admin => throw new NotSupportedException();

    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed) =>
        new EmbeddedProducer(new RecordAccumulator(this, Pump, Time, options, randomSeed ?? 7, loggers.CreateLogger("Zurau.Producer")));

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => throw new NotSupportedException();

    public int PartitionCount(string topic) => topic == "missing"
        ? throw new KafkaException(ErrorCode.UnknownTopicOrPartition, "Topic 'missing' does not exist.")
        : Partitions;

    public ValueTask<ProducerIdentityResult> InitProducerIdAsync(string? transactionalId, int transactionTimeoutMs, ProducerIdentity current)
    {
        lock (_lock)
        {
            return new(new ProducerIdentityResult(ErrorCode.None, new ProducerIdentity(IdentityCount++, 0), null));
        }
    }

    public ValueTask<ErrorResult> AddPartitionToTransactionAsync(string transactionalId, ProducerIdentity identity, TopicPartition partition) => throw new NotSupportedException();

    public ValueTask<ErrorResult> AddOffsetsToTransactionAsync(
        string transactionalId,
        ProducerIdentity identity,
        ConsumerGroupMetadata group,
        IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets) => throw new NotSupportedException();

    public ValueTask<ProducerIdentityResult> EndTransactionAsync(string transactionalId, ProducerIdentity identity, bool isCommit) => throw new NotSupportedException();

    public ValueTask<ProduceResult> ProduceAsync(TopicPartition partition, BuiltBatch batch, Acks acks)
    {
        lock (_lock)
        {
            int number = AppendCount++;
            ErrorCode error = Answer(partition, number) ?? (batch.SizeBytes > MaxBatchBytes ? ErrorCode.MessageTooLarge : ErrorCode.None);
            List<FakeRecord> log = Log(partition);
            long offset = log.Count;
            bool isNew = error == ErrorCode.None && CheckSequences(partition, batch.Span, ref offset, out error);
            ProduceResult result = error == ErrorCode.None
                ? new ProduceResult(ErrorCode.None, acks == Acks.None ? -1 : offset, LogAppendTimeMs, null)
                : new ProduceResult(error, -1, -1, $"the fake log returns {error}");
            if (isNew)
            {
                log.AddRange(FakeRecord.ReadAll(batch.Span, log.Count));
            }

            if (LosesAnswer(number))
            {
                result = new ProduceResult(ErrorCode.RequestTimedOut, -1, -1, "the answer got lost");
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

        // Without a context the producer's continuation runs inside, so a test continues when
        // everything is done.
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

    private bool CheckSequences(TopicPartition partition, ReadOnlySpan<byte> bytes, ref long offset, out ErrorCode error)
    {
        error = ErrorCode.None;
        Assert.True(RecordBatchView.TryRead(bytes, out RecordBatchView batch));
        if (batch.ProducerId < 0)
        {
            return true;
        }

        if (!_sequences.TryGetValue((partition, batch.ProducerId), out FakeSequences? sequences))
        {
            _sequences[(partition, batch.ProducerId)] = sequences = new FakeSequences();
        }

        return sequences.Check(batch, ref offset, out error);
    }

    private List<FakeRecord> Log(TopicPartition partition)
    {
        if (!_records.TryGetValue(partition, out List<FakeRecord>? log))
        {
            _records[partition] = log = [];
        }

        return log;
    }
}
