using Client.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Testing;

namespace Client.Tests.Docs;

/// <summary>The examples of docs/, run as they are printed there.</summary>
public sealed class SnippetTests
{
    [Fact]
    public async Task An_invalid_order_is_dead_lettered_and_the_others_are_billed()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync(
            zurau => zurau.AddTopic("orders", partitions: 3).AddListener<OrderHandler>(),
            services => services.AddSingleton<Ledger>());

        await kafka.SendAsync("orders", "customer-1", new Order("o-1", Quantity: 2));
        await kafka.SendAsync("orders", "customer-1", new Order("o-2", Quantity: -1));
        await kafka.WaitUntilConsumedAsync("billing");

        Assert.Equal(["customer-1: o-1"], kafka.Services.GetRequiredService<Ledger>().Billed);
        ConsumerRecord<string?, Order> letter = Assert.Single(await kafka.ReadAllAsync<Order>("orders-dlt"));
        Assert.Equal("o-2", letter.Value.Id);
    }

    [Fact]
    public async Task Reading_and_writing_is_one_transaction()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync(zurau => zurau.AddTopic("orders").AddTopic("bills"));
        await kafka.SendAsync("orders", "customer-1", new Order("o-1", Quantity: 2));

        var settings = new ProducerOptions { TransactionalId = "billing-1" };
        await using var producer = new Producer<string, string>(kafka.Transport, settings);
        await producer.InitTransactionsAsync(); // Fences older producers of this id and aborts what they left open.

        await using var consumer = new Consumer<string, Order>(kafka.Transport, new ConsumerOptions
        {
            GroupId = "billing",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnableAutoCommit = false, // The transaction commits the offsets.
        });
        consumer.Subscribe("orders");

        IReadOnlyList<ConsumerRecord<string, Order>> orders = await consumer.PollAsync(TimeSpan.FromSeconds(5));
        producer.BeginTransaction();
        foreach (ConsumerRecord<string, Order> order in orders)
        {
            producer.Send(new ProducerRecord<string, string>("bills", order.Key, $"bill for {order.Value.Id}"));
        }

        await producer.SendOffsetsToTransactionAsync(
            [.. consumer.Assignment.Select(partition => KeyValuePair.Create(partition, new OffsetAndMetadata(consumer.Position(partition))))],
            consumer.GroupMetadata);
        await producer.CommitTransactionAsync(); // Records and offsets are on disk and visible.

        Assert.Equal(["bill for o-1"], await ReadCommittedAsync(kafka, "bills"));
        Assert.Equal(1, (await kafka.Admin.ListConsumerGroupOffsetsAsync("billing"))[new TopicPartition("orders", 0)].Offset);
    }

    [Fact]
    public async Task A_template_sends_two_records_in_one_transaction()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync(zurau => zurau
            .Configure(options => options.Producer.TransactionalId = "billing-1")
            .AddTopic("bills")
            .AddTopic("audit"));
        IKafkaTemplate<string, string> template = kafka.Services.GetRequiredService<IKafkaTemplate<string, string>>();

        await template.ExecuteInTransactionAsync(async (transaction, token) =>
        {
            await transaction.SendAsync("bills", "customer-1", "bill for o-1", token);
            await transaction.SendAsync("audit", "customer-1", "o-1 was billed", token);
        });

        Assert.Equal(["bill for o-1"], await ReadCommittedAsync(kafka, "bills"));
        Assert.Equal(["o-1 was billed"], await ReadCommittedAsync(kafka, "audit"));
    }

    [Fact]
    public async Task A_function_chooses_partitions_and_the_admin_changes_topics()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync(zurau => zurau
            .Configure(options => options.Producer.PartitionerFunction = static (topic, key, isKeyNull, partitionCount) =>
                isKeyNull ? IPartitioner.Any : key.Length % partitionCount)
            .AddTopic("orders", partitions: 3));
        IKafkaAdmin admin = kafka.Admin;
        RecordMetadata sent = await kafka.SendAsync("orders", "1234", "an order");
        Assert.Equal(1, sent.TopicPartition.Partition);

        await admin.AlterTopicConfigsAsync("orders", [new ConfigChange("retention.ms", "86400000")]);
        IReadOnlyList<ConfigEntry> settings = await admin.DescribeTopicConfigsAsync("orders");
        long start = await admin.DeleteRecordsAsync(new TopicPartition("orders", 1), beforeOffset: 1);

        Assert.Equal("86400000", settings.Single(static setting => setting.Name == "retention.ms").Value);
        Assert.Equal(1, start);
    }

    private static async Task<IEnumerable<string>> ReadCommittedAsync(EmbeddedKafka kafka, string topic)
    {
        var settings = new ConsumerOptions { AutoOffsetReset = AutoOffsetReset.Earliest, IsolationLevel = IsolationLevel.ReadCommitted, EnableAutoCommit = false };
        await using var consumer = new Consumer<string, string>(kafka.Transport, settings);
        consumer.Assign(new TopicPartition(topic, 0));
        return (await consumer.PollAsync(TimeSpan.FromSeconds(5))).Select(static record => record.Value);
    }
}
