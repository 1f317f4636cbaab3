using System.Buffers.Binary;
using System.Diagnostics;
using Zurau.Engine.Common;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Sends on a schedule and measures each record from the moment at which it should have been sent until a consumer has it in its hands.
/// A sender that falls behind does not move the schedule, so a stall is charged to every record that it delayed.
/// </summary>
internal static class OpenLoop
{
    private const int ValueBytes = 100;

    /// <summary>Runs one producer and one consumer of a topic of one partition.</summary>
    /// <param name="log">Where.</param>
    /// <param name="topic">A new topic.</param>
    /// <param name="perSecond">Records a second.</param>
    /// <param name="duration">How long records are sent.</param>
    /// <param name="isSpinning">Whether the consumer polls without waiting, or parks until there is something.</param>
    /// <param name="sending">The producer's settings; null for acks=1 without linger.</param>
    /// <param name="reading">The consumer's settings; null for the defaults.</param>
    internal static LatencyHistogram Run(
        ClientLog log,
        string topic,
        int perSecond,
        TimeSpan duration,
        bool isSpinning,
        ProducerOptions? sending = null,
        ConsumerOptions? reading = null)
    {
        var histogram = new LatencyHistogram();
        long total = (long)(perSecond * duration.TotalSeconds);
        long warmUp = total / 10; // Not counted: the just-in-time compiler's.
        using var isReading = new ManualResetEventSlim();
        Workers.Seconds(2, number =>
        {
            if (number == 0)
            {
                Consume(log, topic, total, warmUp, isSpinning, histogram, isReading, reading ?? new ConsumerOptions());
            }
            else
            {
                isReading.Wait();
                Produce(log, topic, total, perSecond, sending ?? new ProducerOptions { Acks = Acks.Leader, LingerMs = 0 });
            }
        });
        return histogram;
    }

    private static void Produce(ClientLog log, string topic, long total, int perSecond, ProducerOptions options)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, options);
        byte[] value = new byte[ValueBytes];
        double ticksApart = (double)Stopwatch.Frequency / perSecond;
        long began = Stopwatch.GetTimestamp();
        for (long i = 0; i < total; i++)
        {
            long intended = began + (long)(i * ticksApart);
            while (Stopwatch.GetTimestamp() < intended)
            {
                Thread.SpinWait(4);
            }

            BinaryPrimitives.WriteInt64LittleEndian(value, intended);
            producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, value));
        }

        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Consume(ClientLog log, string topic, long total, long warmUp, bool isSpinning, LatencyHistogram histogram, ManualResetEventSlim isReading, ConsumerOptions options)
    {
        var consumer = new Consumer<byte[]?, byte[]>(log.Transport, options with { AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Assign(new TopicPartition(topic, 0));
        consumer.Poll(TimeSpan.Zero);
        isReading.Set();
        double nanoseconds = 1e9 / Stopwatch.Frequency;
        TimeSpan patience = isSpinning ? TimeSpan.Zero : TimeSpan.FromSeconds(1);
        for (long read = 0; read < total;)
        {
            foreach (ConsumerRecord<byte[]?, byte[]> record in consumer.Poll(patience))
            {
                if (read++ >= warmUp)
                {
                    histogram.Record((long)((Stopwatch.GetTimestamp() - BinaryPrimitives.ReadInt64LittleEndian(record.Value)) * nanoseconds));
                }
            }
        }

        consumer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
