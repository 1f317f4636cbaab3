using System.Diagnostics;
using Confluent.Kafka;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// Measures the latency from a producer to a consumer of Confluent's client, both in this
/// process, through a <see cref="KafkaPeer"/>.
/// </summary>
internal static class ConfluentLatency
{
    /// <summary>
    /// Sends records on a schedule, as <see cref="OpenLoop"/> does with our client.
    /// </summary>
    internal static LatencyHistogram AtRate(string bootstrap, string topic, int perSecond, TimeSpan duration)
    {
        using IProducer<byte[]?, byte[]> producer = ConfluentClient.Writer(bootstrap);
        using Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = Connect(producer, bootstrap, topic);
        var loop = new OpenLoop(perSecond, duration);
        Workers.Seconds(2, number =>
        {
            if (number == 0)
            {
                while (!loop.IsDone)
                {
                    loop.Received(ConfluentClient.Receive(consumer));
                }

                return;
            }

            loop.Send(value => ConfluentClient.Send(producer, topic, new Message<byte[]?, byte[]> { Value = value }));
        });
        return loop.Histogram;
    }

    /// <summary>
    /// Sends a record, waits for its acknowledgement and until the consumer has it, then
    /// continues with the next; returns microseconds per record.
    /// </summary>
    internal static double[] OneAtATime(string bootstrap, string topic, byte[] value, int count)
    {
        using IProducer<byte[]?, byte[]> producer = ConfluentClient.Writer(bootstrap);
        using Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = Connect(producer, bootstrap, topic);
        double[] latencies = new double[count];
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            producer.ProduceAsync(topic, new Message<byte[]?, byte[]> { Value = value }).GetAwaiter().GetResult();
            ConfluentClient.Receive(consumer);
            latencies[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
        }

        return latencies;
    }

    // One record is sent and received, so that both connections exist before the
    // measurement.
    private static Confluent.Kafka.IConsumer<Ignore, byte[]> Connect(IProducer<byte[]?, byte[]> producer, string bootstrap, string topic)
    {
        Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = ConfluentClient.Reader(bootstrap, topic);
        producer.ProduceAsync(topic, new Message<byte[]?, byte[]> { Value = new byte[1] }).GetAwaiter().GetResult();
        ConfluentClient.Receive(consumer);
        return consumer;
    }
}
