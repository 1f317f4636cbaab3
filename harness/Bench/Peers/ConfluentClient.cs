using Confluent.Kafka;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Peers;

/// <summary>Measures Confluent's .NET client with a <see cref="KafkaPeer"/>.</summary>
internal static class ConfluentClient
{
    internal const string Name = "kafka (Confluent.Kafka)";

    private const int QueuedMessages = 1_000_000;
    private const int QueuedKilobytes = 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Gets the versions of the client and its native library.</summary>
    internal static string Versions => $"Confluent.Kafka {typeof(Confluent.Kafka.Library).Assembly.GetName().Version?.ToString(3)} with librdkafka {Confluent.Kafka.Library.VersionString}";

    /// <summary>
    /// Sends the same value repeatedly. Returns records per second until the last is
    /// acknowledged, without the time to connect.
    /// </summary>
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

        // There are no delivery reports, so the end offset of the log shows whether all
        // records arrived.
        long arrived = EndOf(bootstrap, topic) - before - 1;
        return arrived == records ? rate : throw new InvalidOperationException($"{arrived} of {records} records arrived in Kafka.");
    }

    /// <summary>
    /// Reads a topic from its beginning; returns records per second from the first to the
    /// last.
    /// </summary>
    internal static Measurement Consume(string bootstrap, string topic, long records)
    {
        using Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = Reader(bootstrap, topic);
        Receive(consumer);
        return Workers.Rate(1, records - 1, _ =>
        {
            for (long read = 1; read < records; read++)
            {
                Receive(consumer);
            }
        });
    }

    /// <summary>Creates a producer with acks=1 and no linger.</summary>
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

    /// <summary>
    /// Creates a consumer of the only partition of a topic, from its beginning.
    /// </summary>
    internal static Confluent.Kafka.IConsumer<Ignore, byte[]> Reader(string bootstrap, string topic)
    {
        Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
        {
            BootstrapServers = bootstrap,
            GroupId = "bench",
            EnableAutoCommit = false,
            CheckCrcs = true,
            SocketNagleDisable = true,
        }).SetLogHandler(static (_, _) => { }).Build();
        consumer.Assign(new Confluent.Kafka.TopicPartitionOffset(topic, 0, Offset.Beginning));
        return consumer;
    }

    /// <summary>Waits for the next record and returns its value.</summary>
    internal static byte[] Receive(Confluent.Kafka.IConsumer<Ignore, byte[]> consumer) =>
        (consumer.Consume(s_patience) ?? throw new InvalidOperationException($"Kafka returned no record within {s_patience.TotalSeconds:0} s.")).Message.Value;

    /// <summary>Adds a record to the client's queue; waits while it is full.</summary>
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
        using Confluent.Kafka.IConsumer<Ignore, byte[]> consumer = Reader(bootstrap, topic);
        return consumer.QueryWatermarkOffsets(new Confluent.Kafka.TopicPartition(topic, 0), s_patience).High.Value;
    }

    // Suppresses the client's log messages about a broker that stops at the end.
    private static IProducer<byte[]?, byte[]> Build(ProducerConfig config) =>
        new ProducerBuilder<byte[]?, byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
}
