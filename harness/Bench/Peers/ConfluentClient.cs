using Confluent.Kafka;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Peers;

/// <summary>
/// Measures Confluent's .NET client against a <see cref="KafkaPeer"/>: what a program that uses Kafka today pays.
/// </summary>
internal static class ConfluentClient
{
    internal const string Name = "kafka (Confluent.Kafka)";

    private const int QueuedMessages = 1_000_000;
    private const int QueuedKilobytes = 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>The versions of both halves.</summary>
    internal static string Versions => $"Confluent.Kafka {typeof(Confluent.Kafka.Library).Assembly.GetName().Version?.ToString(3)} with librdkafka {Confluent.Kafka.Library.VersionString}";

    /// <summary>Sends a value over and over; records a second until the last is acknowledged, without the time it takes to connect.</summary>
    internal static Measurement Produce(string bootstrap, string topic, byte[] value, long records, string batchBytes)
    {
        var config = new ProducerConfig
        {
            BootstrapServers = bootstrap,
            Acks = Confluent.Kafka.Acks.Leader,
            LingerMs = 5,
            QueueBufferingMaxMessages = QueuedMessages,
            QueueBufferingMaxKbytes = QueuedKilobytes,
            EnableDeliveryReports = false,
        };
        config.Set("batch.size", batchBytes);
        using IProducer<byte[]?, byte[]> producer = Build(config);
        var message = new Message<byte[]?, byte[]> { Value = value };
        long before = EndOf(bootstrap, topic);
        Send(producer, topic, message);
        producer.Flush(s_patience);
        Measurement rate = Workers.Rate(1, records, _ =>
        {
            for (long i = 0; i < records; i++)
            {
                Send(producer, topic, message);
            }

            producer.Flush(s_patience);
        });

        // There are no reports, so the log itself says whether everything arrived.
        long arrived = EndOf(bootstrap, topic) - before - 1;
        return arrived == records ? rate : throw new InvalidOperationException($"{arrived} of {records} records arrived in Kafka.");
    }

    /// <summary>Reads a topic from its beginning; records a second from the first to the last.</summary>
    internal static Measurement Consume(string bootstrap, string topic, long records)
    {
        using IConsumer<Ignore, byte[]> consumer = Reader(bootstrap, topic);
        Receive(consumer);
        return Workers.Rate(1, records - 1, _ =>
        {
            for (long read = 1; read < records; read++)
            {
                Receive(consumer);
            }
        });
    }

    /// <summary>Makes a producer that waits for nothing, with acks=1.</summary>
    internal static IProducer<byte[]?, byte[]> Writer(string bootstrap) => Build(new ProducerConfig
    {
        BootstrapServers = bootstrap,
        Acks = Confluent.Kafka.Acks.Leader,
        LingerMs = 0,
        SocketNagleDisable = true,
        QueueBufferingMaxMessages = QueuedMessages,
        QueueBufferingMaxKbytes = QueuedKilobytes,
        EnableDeliveryReports = true,
    });

    /// <summary>Makes a consumer of a topic's only partition, from its beginning.</summary>
    internal static IConsumer<Ignore, byte[]> Reader(string bootstrap, string topic)
    {
        IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = "bench",
            EnableAutoCommit = false,
            CheckCrcs = true,
            SocketNagleDisable = true,
        }).SetLogHandler(static (_, _) => { }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        return consumer;
    }

    /// <summary>Waits for the next record and returns its value.</summary>
    internal static byte[] Receive(IConsumer<Ignore, byte[]> consumer) =>
        (consumer.Consume(s_patience) ?? throw new InvalidOperationException($"Kafka gave no record within {s_patience.TotalSeconds:0} s.")).Message.Value;

    /// <summary>Hands a record over to the client's own threads; waits where their queue is full.</summary>
    internal static void Send(IProducer<byte[]?, byte[]> producer, string topic, Message<byte[]?, byte[]> message)
    {
        while (true)
        {
            try
            {
                producer.Produce(topic, message);
                return;
            }
            catch (ProduceException<byte[]?, byte[]> exception) when (exception.Error.Code == Confluent.Kafka.ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(1));
            }
        }
    }

    private static long EndOf(string bootstrap, string topic)
    {
        using IConsumer<Ignore, byte[]> consumer = Reader(bootstrap, topic);
        return consumer.QueryWatermarkOffsets(new Confluent.Kafka.TopicPartition(topic, 0), s_patience).High.Value;
    }

    // What it has to say about a broker that is gone at the end is not for the person who watches the run.
    private static IProducer<byte[]?, byte[]> Build(ProducerConfig config) =>
        new ProducerBuilder<byte[]?, byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
}
