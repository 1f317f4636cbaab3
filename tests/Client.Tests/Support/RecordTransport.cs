using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>
/// A transport of another kind than the embedded engine: it takes records and has no
/// batches, as a cluster's client library does. Notes every call.
/// </summary>
internal sealed class RecordTransport : IKafkaTransport
{
    private readonly List<string> _events = [];
    private readonly Queue<TaskCompletionSource> _waiters = new();

    internal SteppedTime Time { get; } = new();

    internal IReadOnlyList<string> Events => _events;

    /// <summary>Records that are accepted before sends are blocked.</summary>
    internal int Room { get; set; } = int.MaxValue;

    /// <summary>Returns what a send fails with; null delivers it.</summary>
    internal Func<string, Exception?> Fails { get; set; } = _ => null;

    /// <summary>Blocked sends that were not disposed.</summary>
    internal int BlockedCount { get; private set; }

    public string Description => "records in a list";

    public TimeProvider TimeProvider => Time;

    public IKafkaAdmin Admin => throw new NotSupportedException();

    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed) => new ProducerSide(this);

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    /// <summary>Lets the send that has waited longest try again.</summary>
    internal void MakeRoom()
    {
        Room++;
        _waiters.Dequeue().SetResult();
    }

    private void Note(string text)
    {
        lock (_events)
        {
            _events.Add(text);
        }
    }

    private sealed class ProducerSide(RecordTransport owner) : IProducerTransport
    {
        public long BufferedBytes => 0;

        public bool IsInCompletion => false;

        public ValueTask<int> PartitionCountAsync(string topic, CancellationToken cancellationToken) => new(4);

        public IRecordSender<TValue> CreateSender<TValue>() => new Sender<TValue>(owner);

        public Task FlushAsync() => NoteAsync("flush");

        public Task CloseAsync(TimeSpan timeout) => NoteAsync($"close {timeout.TotalSeconds} s");

        public Task InitTransactionsAsync(CancellationToken cancellationToken) => NoteAsync("init");

        public void BeginTransaction() => owner.Note("begin");

        public Task SendOffsetsAsync(
            IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets,
            ConsumerGroupMetadata group,
            CancellationToken cancellationToken) => NoteAsync($"offsets of {group.GroupId}: {offsets.Count}");

        public Task CommitTransactionAsync(CancellationToken cancellationToken) => NoteAsync("commit");

        public Task AbortTransactionAsync(CancellationToken cancellationToken) => NoteAsync("abort");

        public ValueTask DisposeAsync() => new(NoteAsync("dispose"));

        private Task NoteAsync(string text)
        {
            owner.Note(text);
            return Task.CompletedTask;
        }
    }

    private sealed class Sender<TValue>(RecordTransport owner) : IRecordSender<TValue>
    {
        public bool TrySend(in OutgoingRecord<TValue> record, SendCompletion completion, bool isAwaited, ref BlockedSend? blocked)
        {
            if (owner.Room == 0)
            {
                blocked ??= new Wait(owner);
                return false;
            }

            owner.Room--;
            var value = new ArrayBufferWriter<byte>();
            record.WriteValueTo(value);
            Assert.Equal(Math.Max(0, record.ValueSize), value.WrittenCount);
            string text = $"{(record.KeySize < 0 ? "null" : Encoding.UTF8.GetString(record.Key))}={(record.ValueSize < 0 ? "null" : Encoding.UTF8.GetString(value.WrittenSpan))}";
            owner.Note($"{record.Topic}-{record.Partition?.ToString() ?? "any"} {text} at {record.TimestampMs}, headers: {record.Headers?.Count ?? 0}, awaited: {isAwaited}");
            Exception? error = owner.Fails(text);
            completion.Complete(
                new RecordMetadata(new TopicPartition(record.Topic, record.Partition ?? 3), error is null ? 42 : -1, DateTimeOffset.FromUnixTimeMilliseconds(record.TimestampMs)),
                error);
            return true;
        }
    }

    private sealed class Wait : BlockedSend
    {
        private readonly RecordTransport _owner;
        private bool _isDisposed;

        internal Wait(RecordTransport owner)
        {
            _owner = owner;
            _owner.BlockedCount++;
        }

        public override ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
        {
            var room = new TaskCompletionSource();
            _owner._waiters.Enqueue(room);
            return new ValueTask(room.Task.WaitAsync(cancellationToken));
        }

        public override void Dispose()
        {
            Assert.False(_isDisposed);
            _isDisposed = true;
            _owner.BlockedCount--;
        }
    }
}
