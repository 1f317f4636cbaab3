using System.Buffers.Binary;
using System.Diagnostics;
using Zurau.Engine.Common;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// Sends on a schedule and measures the latency of each record from its intended send
/// time to its receipt. The schedule does not shift if the sender is late, so a stall
/// counts for every record that it delays. One thread sends, one receives.
/// </summary>
internal sealed class OpenLoop(int perSecond, TimeSpan duration)
{
    private const int ValueBytes = 100;

    private static readonly double s_nanoseconds = 1e9 / Stopwatch.Frequency;

    // Well above the duration of a yield on an idle core.
    private static readonly long s_yieldTicks = Stopwatch.Frequency / 500_000;

    private readonly long _total = (long)(perSecond * duration.TotalSeconds);
    private long _received;

    /// <summary>
    /// Gets the latencies in nanoseconds, without the first tenth of the records, during
    /// which the just-in-time compiler runs.
    /// </summary>
    internal LatencyHistogram Histogram { get; } = new();

    /// <summary>Gets whether every record was received.</summary>
    internal bool IsDone => _received >= _total;

    /// <summary>Runs one producer and one consumer of a topic of one partition.</summary>
    /// <param name="log">The log.</param>
    /// <param name="topic">A new topic.</param>
    /// <param name="perSecond">The records per second.</param>
    /// <param name="duration">The duration of sending.</param>
    /// <param name="isSpinning">True if the consumer polls without waiting; false if it
    /// waits for records.</param>
    /// <param name="sending">The settings of the producer; null for acks=1 without
    /// linger.</param>
    /// <param name="reading">The settings of the consumer; null for the defaults.</param>
    /// <param name="texts">The values, used in rotation; the send time overwrites their
    /// first bytes. Null for zeros. All have the length of a value.</param>
    internal static LatencyHistogram Run(
        ClientLog log,
        string topic,
        int perSecond,
        TimeSpan duration,
        bool isSpinning,
        ProducerOptions? sending = null,
        ConsumerOptions? reading = null,
        IReadOnlyList<byte[]>? texts = null)
    {
        var loop = new OpenLoop(perSecond, duration);
        using var isReading = new ManualResetEventSlim();
        Workers.Seconds(2, number =>
        {
            if (number == 0)
            {
                loop.Consume(log, topic, isSpinning, isReading, reading ?? new ConsumerOptions());
            }
            else
            {
                isReading.Wait();
                loop.Produce(log, topic, sending ?? new ProducerOptions { Acks = Acks.Leader, LingerMs = 0 }, texts);
            }
        });
        return loop.Histogram;
    }

    /// <summary>
    /// Sends every record at its scheduled time, or as soon as possible after it. The
    /// value is valid only during the call. Yields the core while it waits; a spinning
    /// thread could delay the threads that it wakes by a scheduler time slice of several
    /// milliseconds.
    /// </summary>
    internal void Send(Action<byte[]> send, IReadOnlyList<byte[]>? texts = null)
    {
        byte[] value = new byte[ValueBytes];
        double ticksApart = (double)Stopwatch.Frequency / perSecond;
        long began = Stopwatch.GetTimestamp();
        for (long i = 0; i < _total; i++)
        {
            long intended = began + (long)(i * ticksApart);
            for (long left = intended - Stopwatch.GetTimestamp(); left > 0; left = intended - Stopwatch.GetTimestamp())
            {
                if (left <= s_yieldTicks || !Thread.Yield())
                {
                    Thread.SpinWait(4);
                }
            }

            texts?[(int)(i % texts.Count)].CopyTo(value, 0);
            BinaryPrimitives.WriteInt64LittleEndian(value, intended);
            send(value);
        }
    }

    /// <summary>Counts a received record.</summary>
    internal void Received(ReadOnlySpan<byte> value)
    {
        if (_received++ >= _total / 10)
        {
            Histogram.Record((long)((Stopwatch.GetTimestamp() - BinaryPrimitives.ReadInt64LittleEndian(value)) * s_nanoseconds));
        }
    }

    private void Produce(ClientLog log, string topic, ProducerOptions options, IReadOnlyList<byte[]>? texts)
    {
        var producer = new Producer<byte[]?, byte[]>(log.Transport, options);
        Send(value => producer.Send(new ProducerRecord<byte[]?, byte[]>(topic, null, value)), texts);
        producer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void Consume(ClientLog log, string topic, bool isSpinning, ManualResetEventSlim isReading, ConsumerOptions options)
    {
        var consumer = new Consumer<byte[]?, byte[]>(log.Transport, options with { AutoOffsetReset = AutoOffsetReset.Earliest });
        consumer.Assign(new TopicPartition(topic, 0));
        consumer.Poll(TimeSpan.Zero);
        isReading.Set();
        TimeSpan patience = isSpinning ? TimeSpan.Zero : TimeSpan.FromSeconds(1);
        while (!IsDone)
        {
            foreach (ConsumerRecord<byte[]?, byte[]> record in consumer.Poll(patience))
            {
                Received(record.Value);
            }
        }

        consumer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
