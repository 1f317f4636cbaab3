using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Transport;

namespace Client.Tests.Support;

/// <summary>
/// Hands out what another transport does, with the last letter of one record's value
/// changed.
/// </summary>
internal sealed class CorruptingTransport(IKafkaTransport inner, long offset) : IKafkaTransport
{
    public string Description => inner.Description;

    public TimeProvider TimeProvider => inner.TimeProvider;

    public IDutyPump DutyPump => inner.DutyPump;

    public IProducerTransport Producer => inner.Producer;

    public IKafkaAdmin Admin => inner.Admin;

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => new ConsumerSide(inner.CreateConsumer(options), offset);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class ConsumerSide(IConsumerTransport inner, long offset) : IConsumerTransport
    {
        public ConsumerGroupMetadata? GroupMetadata => inner.GroupMetadata;

        public IReadOnlyCollection<TopicPartition> Assignment => inner.Assignment;

        public void Subscribe(IReadOnlyCollection<string> topics, IRebalanceListener? listener) => inner.Subscribe(topics, listener);

        public void Assign(IReadOnlyCollection<TopicPartition> partitions) => inner.Assign(partitions);

        public void Unsubscribe() => inner.Unsubscribe();

        public async ValueTask<FetchedBatches?> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
        {
            using FetchedBatches? batches = await inner.PollAsync(timeout, cancellationToken);
            return batches is null ? null : Corrupt(batches);
        }

        public void Wakeup() => inner.Wakeup();

        public void Seek(TopicPartition partition, long to) => inner.Seek(partition, to);

        public void SeekToBeginning(IReadOnlyCollection<TopicPartition> partitions) => inner.SeekToBeginning(partitions);

        public void SeekToEnd(IReadOnlyCollection<TopicPartition> partitions) => inner.SeekToEnd(partitions);

        public long Position(TopicPartition partition) => inner.Position(partition);

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken) =>
            inner.CommitAsync(offsets, cancellationToken);

        public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
            IReadOnlyCollection<TopicPartition> partitions,
            CancellationToken cancellationToken) => inner.CommittedAsync(partitions, cancellationToken);

        public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetRange>> OffsetsAsync(
            IReadOnlyCollection<TopicPartition> partitions,
            CancellationToken cancellationToken) => inner.OffsetsAsync(partitions, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private CopiedBatches Corrupt(FetchedBatches batches)
        {
            byte[] copy = batches.Bytes.ToArray();
            int start = 0;
            while (RecordBatchView.TryRead(copy.AsSpan(start), out RecordBatchView batch))
            {
                start += batch.SizeBytes;
                if (batch.BaseOffset == offset)
                {
                    // The value's last letter; the number of headers follows.
                    copy[start - 2] = (byte)char.ToUpperInvariant((char)copy[start - 2]);
                }
            }

            return new CopiedBatches(copy)
            {
                TopicPartition = batches.TopicPartition,
                FetchOffset = batches.FetchOffset,
                HighWatermark = batches.HighWatermark,
            };
        }
    }

    private sealed class CopiedBatches(byte[] bytes) : FetchedBatches
    {
        public override ReadOnlyMemory<byte> Bytes => bytes;

        public override void Dispose()
        {
        }
    }
}
