using Client.Tests.Support;
using Zurau;

namespace Client.Tests.Consuming;

public class ReadAllTests
{
    private static readonly TopicPartition s_first = new("orders", 0);

    [Fact]
    public async Task The_position_moves_with_each_record_that_is_handed_over()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        int count = 0;
        await foreach (ConsumerRecord<string?, string?> record in consumer.ReadAllAsync())
        {
            Assert.Equal(record.Offset + 1, consumer.Position(s_first));
            await consumer.CommitAsync().Limit();
            Assert.Equal(++count, (await consumer.CommittedAsync([s_first]).Limit())[s_first]!.Value.Offset);
            if (count == 3)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task Records_read_ahead_when_the_loop_ends_are_read_again()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        await foreach (ConsumerRecord<string?, string?> record in consumer.ReadAllAsync())
        {
            Assert.Equal("a", record.Value);
            break;
        }

        Assert.Equal(["b", "c"], (await EmbeddedFixture.ReadAsync(consumer, 2)).Select(record => record.Value));
    }

    [Fact]
    public async Task Closing_after_a_loop_that_broke_commits_no_record_that_was_not_handed_over()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c");
        await using (Consumer<string?, string?> consumer = fixture.Consumer(EmbeddedFixture.Earliest() with { EnableAutoCommit = true }))
        {
            consumer.Subscribe("orders");
            await foreach (ConsumerRecord<string?, string?> _ in consumer.ReadAllAsync())
            {
                break;
            }
        }

        Assert.Equal(1, (await fixture.Transport.Admin.ListConsumerGroupOffsetsAsync("billing"))[s_first].Offset);
    }

    [Fact]
    public async Task A_seek_in_the_loop_makes_the_records_in_hand_void()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b", "c", "d");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        var values = new List<string?>();
        await foreach (ConsumerRecord<string?, string?> record in consumer.ReadAllAsync())
        {
            values.Add(record.Value);
            if (values.Count == 2)
            {
                consumer.Seek(s_first, 1);
            }

            if (record.Value == "d")
            {
                break;
            }
        }

        Assert.Equal(["a", "b", "b", "c", "d"], values);
    }

    [Fact]
    public async Task Cancelling_ends_the_loop()
    {
        await using var fixture = new EmbeddedFixture();
        await fixture.SendAsync(0, "a", "b");
        await using Consumer<string?, string?> consumer = fixture.Consumer();
        consumer.Subscribe("orders");
        using var cancellation = new CancellationTokenSource();
        int count = 0;
        await foreach (ConsumerRecord<string?, string?> _ in consumer.ReadAllAsync(cancellation.Token))
        {
            count++;
            cancellation.Cancel();
        }

        Assert.Equal(1, count);
        Assert.Equal(1, consumer.Position(s_first));
    }
}
