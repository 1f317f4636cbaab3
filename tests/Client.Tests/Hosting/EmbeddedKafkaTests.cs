using Microsoft.Extensions.DependencyInjection;
using Zurau;
using Zurau.Testing;

namespace Client.Tests.Hosting;

/// <summary>
/// The whole way on the real engine in memory: template, listener, dead letters, second
/// listener.
/// </summary>
public sealed class EmbeddedKafkaTests
{
    [Fact]
    public async Task Orders_are_handled_in_order_and_bad_ones_reach_the_dead_letter_listener()
    {
        var book = new Book();
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync(
            zurau => zurau.AddTopic("orders", partitions: 3).AddListener<Orders>().AddListener<OrderLetters>(),
            services => services.AddSingleton(book));

        for (int i = 0; i < 60; i++)
        {
            await kafka.SendAsync("orders", $"customer-{i % 6}", new Order($"o-{i}", i % 20 == 13 ? -1 : i));
        }

        await kafka.WaitUntilConsumedAsync("orders-group");
        await kafka.WaitUntilConsumedAsync("letters-group");

        Assert.Equal(57, book.Handled.Count);
        foreach (IGrouping<int, int> customer in book.Handled.Select(id => int.Parse(id[2..])).GroupBy(i => i % 6))
        {
            Assert.Equal(customer.Order(), customer);
        }

        Assert.Equal(["o-13: negative", "o-33: negative", "o-53: negative"], book.Letters.Order());
        Assert.Equal(3, (await kafka.ReadAllAsync<Order>("orders-dlt")).Count);
        Assert.Equal(60, (await kafka.ReadAllAsync<Order>("orders")).Count);
        Assert.True(kafka.Listeners.TryGet("orders-group", out Zurau.Listening.ListenerContainer? container));
        Assert.Equal((57, 3, 27), (container.RecordsHandled, container.RecordsDeadLettered, container.RecordsRetried));
        Assert.Equal(3, (await kafka.Admin.DescribeTopicAsync("orders-dlt")).Partitions);
    }

    [Fact]
    public async Task Waiting_for_a_lagging_group_reports_its_position()
    {
        await using EmbeddedKafka kafka = await EmbeddedKafka.StartAsync();
        await kafka.CreateTopicAsync("t");
        await kafka.SendAsync("t", "k", "v");

        TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(() => kafka.WaitUntilConsumedAsync("unknown", TimeSpan.Zero));

        Assert.Contains("'unknown'", late.Message, StringComparison.Ordinal);
    }

    public sealed record Order(string Id, int Amount);

    public sealed class Book
    {
        public List<string> Handled { get; } = [];

        public List<string> Letters { get; } = [];
    }

    public sealed class Orders(Book book)
    {
        [KafkaListener("orders", Id = "orders-group")]
        public async Task Handle(Order order, IAcknowledgment ack, CancellationToken cancellationToken)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            if (order.Amount < 0)
            {
                throw new InvalidOperationException("negative");
            }

            book.Handled.Add(order.Id);
            ack.Acknowledge();
        }
    }

    public sealed class OrderLetters(Book book)
    {
        [KafkaListener("orders-dlt", Id = "letters-group")]
        public void Handle(Order order, [Header(KafkaHeaders.ExceptionMessage)] string message, [Header(KafkaHeaders.OriginalOffset)] long offset)
        {
            Assert.True(offset >= 0);
            book.Letters.Add($"{order.Id}: {message[(message.IndexOf("; ", StringComparison.Ordinal) + 2)..]}");
        }
    }
}
