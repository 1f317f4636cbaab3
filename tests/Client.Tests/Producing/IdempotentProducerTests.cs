using Client.Tests.Support;
using FsCheck;
using FsCheck.Fluent;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>Retries of a producer with idempotence: each record is in the log once, in the order in which it was sent.</summary>
public sealed class IdempotentProducerTests
{
    [Fact]
    public async Task A_batch_whose_answer_got_lost_is_not_written_twice() // I1
    {
        var fixture = new ProducerFixture();
        fixture.Log.LosesAnswer = append => append == 0;
        Task<RecordMetadata> send = fixture.SendAsync("a").AsTask();
        fixture.Advance(100);
        Assert.Equal(0, (await send.Limit()).Offset);
        Assert.Equal((2, 1), (fixture.Log.AppendCount, fixture.Log.Records().Count));
    }

    [Fact]
    public async Task A_duplicate_that_the_log_no_longer_knows_the_place_of_is_there() // I1
    {
        var fixture = new ProducerFixture(log: new FakeLog { Answer = (_, number) => number == 0 ? ErrorCode.DuplicateSequenceNumber : null });
        Assert.Equal(-1, (await fixture.Producer.SendAsync(new ProducerRecord<string?, string?>("orders", null, "a")).Limit()).Offset);
    }

    [Theory]
    [InlineData(Acks.All)]
    [InlineData(Acks.Leader)]
    public void At_most_five_batches_are_in_flight_where_answers_take_time(Acks acks) // I8
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 0, Acks = acks }, log: new FakeLog { DecidesAtOnce = false, HoldAnswers = true });
        for (int i = 0; i < 8; i++)
        {
            fixture.Send($"{i}");
            fixture.Producer.FlushAsync().AsTask();
        }

        Assert.Equal(5, fixture.Log.HeldCount);
        fixture.Log.ReleaseOne();
        Assert.Equal(5, fixture.Log.HeldCount);
        Assert.Equal(6, fixture.Log.AppendCount);
    }

    [Fact]
    public async Task Numbers_of_a_refused_batch_are_used_again()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 0 });
        fixture.Log.Answer = (_, append) => append == 1 ? ErrorCode.MessageTooLarge : null;
        await fixture.SendAsync("a").Limit();
        await Assert.ThrowsAsync<KafkaException>(() => fixture.SendAsync("b").Limit());
        Assert.Equal(1, (await fixture.SendAsync("c").Limit()).Offset);
        Assert.Equal(["a", "c"], fixture.Log.Values());
    }

    [Fact]
    public async Task Behind_a_batch_of_unknown_fate_numbers_begin_anew_in_the_next_epoch() // I8
    {
        var fixture = new ProducerFixture(new ProducerOptions { DeliveryTimeoutMs = 1000, LingerMs = 0 });
        await fixture.SendAsync("a").Limit();
        fixture.Log.Answer = (_, _) => ErrorCode.NetworkException;
        Task<RecordMetadata> lost = fixture.SendAsync("b").AsTask();
        for (int i = 0; i < 20; i++)
        {
            fixture.Advance(100);
        }

        await Assert.ThrowsAnyAsync<KafkaException>(() => lost.Limit());
        fixture.Log.Answer = (_, _) => null;
        Assert.Equal(1, (await fixture.SendAsync("c").Limit()).Offset);
        Assert.Equal(2, (await fixture.SendAsync("d").Limit()).Offset);
        Assert.Equal(1, fixture.Log.IdentityCount);
    }

    [Fact]
    public void Whatever_gets_lost_each_record_is_there_once_and_in_order() => // I1, I8
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var log = new FakeLog { DecidesAtOnce = random.Next(2) == 0, HoldAnswers = random.Next(2) == 0 };
            var fixture = new ProducerFixture(new ProducerOptions { LingerMs = random.Next(3), BatchSize = 150, DeliveryTimeoutMs = 1_000_000 }, log: log);
            bool isCalm = false;
            log.LosesAnswer = _ => !log.DecidesAtOnce && !isCalm && random.Next(4) == 0;
            log.Answer = (_, _) => !isCalm && random.Next(4) == 0 ? ErrorCode.NetworkException : null;
            var results = new List<(int Value, long Offset)>();
            int sent = 0;
            for (int step = 0; step < 150 || results.Count < sent; step++)
            {
                Assert.True(step < 20_000, "The records never arrive.");
                isCalm = step >= 150;
                if (step < 150 && random.Next(3) == 0)
                {
                    int value = sent++;
                    fixture.Send($"{value}", callback: (metadata, error) =>
                    {
                        Assert.Null(error);
                        results.Add((value, metadata.Offset));
                    });
                }

                if (log.HeldCount > 0 && random.Next(2) == 0)
                {
                    log.ReleaseOne();
                }

                fixture.Advance(random.Next(60));
            }

            Assert.Equal(Enumerable.Range(0, sent).Select(static i => $"{i}"), log.Values());
            Assert.Equal(Enumerable.Range(0, sent).Select(static i => (i, (long)i)), results);
            return true;
        }).QuickCheckThrowOnFailure();
}
