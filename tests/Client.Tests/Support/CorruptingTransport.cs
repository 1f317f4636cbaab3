using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Embedded.Consuming;
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

    public IKafkaAdmin Admin => inner.Admin;

    public IProducerTransport CreateProducer(ProducerOptions options, ILoggerFactory loggers, int? randomSeed) =>
        inner.CreateProducer(options, loggers, randomSeed);

    public IConsumerTransport CreateConsumer(ConsumerOptions options) => new ConsumerSide(inner.CreateConsumer(options), offset);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class ConsumerSide(IConsumerTransport inner, long offset) : IConsumerTransport
    {
        public ConsumerGroupMetadata? GroupMetadata => inner.GroupMetadata;

        public IReadOnlyCollection<TopicPartition> Assignment => inner.Assignment;

        public ValueTask SubscribeAsync(Subscription subscription, CancellationToken cancellationToken) => inner.SubscribeAsync(subscription, cancellationToken);

        public ValueTask AssignAsync(IReadOnlyCollection<TopicPartitionOffset> partitions, CancellationToken cancellationToken) => inner.AssignAsync(partitions, cancellationToken);

        public ValueTask UnsubscribeAsync(CancellationToken cancellationToken) => inner.UnsubscribeAsync(cancellationToken);

        public async ValueTask<ConsumerEvent> PollAsync(TimeSpan timeout, CancellationToken cancellationToken)
        {
            ConsumerEvent next = await inner.PollAsync(timeout, cancellationToken);
            return next.Records is RecordCursor records ? ConsumerEvent.Of(Corrupt(records)) : next;
        }

        public ValueTask CompleteRebalanceAsync(CancellationToken cancellationToken) => inner.CompleteRebalanceAsync(cancellationToken);

        public void Wakeup() => inner.Wakeup();

        public void Seek(TopicPartition partition, long to) => inner.Seek(partition, to);

        public ValueTask SeekToBeginningAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
            inner.SeekToBeginningAsync(partitions, cancellationToken);

        public ValueTask SeekToEndAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
            inner.SeekToEndAsync(partitions, cancellationToken);

        public bool TryGetPosition(TopicPartition partition, out long known) => inner.TryGetPosition(partition, out known);

        public ValueTask<long> PositionAsync(TopicPartition partition, CancellationToken cancellationToken) => inner.PositionAsync(partition, cancellationToken);

        public void Pause(IReadOnlyCollection<TopicPartition> partitions) => inner.Pause(partitions);

        public void Resume(IReadOnlyCollection<TopicPartition> partitions) => inner.Resume(partitions);

        public ValueTask CommitAsync(IReadOnlyList<KeyValuePair<TopicPartition, OffsetAndMetadata>> offsets, CancellationToken cancellationToken) =>
            inner.CommitAsync(offsets, cancellationToken);

        public ValueTask<IReadOnlyDictionary<TopicPartition, OffsetAndMetadata?>> CommittedAsync(
            IReadOnlyCollection<TopicPartition> partitions,
            CancellationToken cancellationToken) => inner.CommittedAsync(partitions, cancellationToken);

        public ValueTask<IReadOnlyDictionary<TopicPartition, long?>> OffsetsForTimesAsync(
            IReadOnlyDictionary<TopicPartition, DateTimeOffset> timestamps,
            CancellationToken cancellationToken) => inner.OffsetsForTimesAsync(timestamps, cancellationToken);

        public ValueTask<IReadOnlyDictionary<TopicPartition, WatermarkOffsets>> WatermarksAsync(
            IReadOnlyCollection<TopicPartition> partitions,
            CancellationToken cancellationToken) => inner.WatermarksAsync(partitions, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        private RecordCursor Corrupt(RecordCursor records)
        {
            using RecordCursor original = records;
            byte[] copy = records.Bytes.ToArray();
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

            return new RecordCursor(copy, records.FetchOffset, new MemoryStream())
            {
                TopicPartition = records.TopicPartition,
                HighWatermark = records.HighWatermark,
                ChecksCrcs = records.ChecksCrcs,
            };
        }
    }
}
