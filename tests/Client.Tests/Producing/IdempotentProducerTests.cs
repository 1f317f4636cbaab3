using Client.Tests.Support;
using CsCheck;
using Zurau;

namespace Client.Tests.Producing;

/// <summary>
/// Retries of a producer with idempotence: each record is in the log once, in the order
/// in which it was sent.
/// </summary>
public sealed class IdempotentProducerTests
{
    private static readonly Gen<Operation> s_operation = Gen.Frequency<Operation>(
        (6, Operation.Send), (2, Operation.RefuseNext), (2, Operation.LoseNextAnswer), (4, Operation.Answer), (4, Operation.AnswerAndWait));

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
    public async Task After_a_batch_of_unknown_outcome_sequences_restart_in_the_next_epoch() // I8
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
        Property.HoldsForHistories(Gen.Select(Gen.Bool, Gen.Bool, Gen.Int[0, 2]), s_operation, 150, static (setup, operations) =>
        {
            (bool decidesAtOnce, bool holdsAnswers, int lingerMs) = setup;
            var log = new FakeLog { DecidesAtOnce = decidesAtOnce, HoldAnswers = holdsAnswers };
            var fixture = new ProducerFixture(new ProducerOptions { LingerMs = lingerMs, BatchSize = 150, DeliveryTimeoutMs = 1_000_000 }, log: log);
            int refusals = 0;
            int losses = 0;
            log.Answer = (_, _) => refusals-- > 0 ? ErrorCode.NetworkException : null;
            log.LosesAnswer = _ => !decidesAtOnce && losses-- > 0;
            var results = new List<(int Value, long Offset)>();
            int sent = 0;
            foreach (Operation operation in operations)
            {
                switch (operation)
                {
                    case Operation.Send:
                        int value = sent++;
                        fixture.Send($"{value}", callback: (metadata, error) =>
                        {
                            Assert.Null(error);
                            results.Add((value, metadata.Offset));
                        });
                        break;
                    case Operation.RefuseNext:
                        refusals = 1;
                        break;
                    case Operation.LoseNextAnswer:
                        losses = 1;
                        break;
                    default:
                        Answer(log);
                        fixture.Advance(operation == Operation.AnswerAndWait ? 30 : 1);
                        break;
                }
            }

            (refusals, losses) = (0, 0);
            for (int step = 0; results.Count < sent; step++)
            {
                Assert.True(step < 20_000, "The records never arrive.");
                Answer(log);
                fixture.Advance(30);
            }

            Assert.Equal(Enumerable.Range(0, sent).Select(static i => $"{i}"), log.Values());
            Assert.Equal(Enumerable.Range(0, sent).Select(static i => (i, (long)i)), results);
        });

    private static void Answer(FakeLog log)
    {
        if (log.HeldCount > 0)
        {
            log.ReleaseOne();
        }
    }

    private enum Operation
    {
        Send,
        RefuseNext,
        LoseNextAnswer,
        Answer,
        AnswerAndWait,
    }
}
