using Client.Tests.Support;
using Zurau;
using Zurau.Embedded.Producing;

namespace Client.Tests.Producing;

public class ProducerRetryTests
{
    [Fact]
    public async Task A_retriable_error_is_tried_again_after_a_back_off_and_order_is_kept()
    {
        var fixture = new ProducerFixture();
        fixture.Log.Answer = (_, append) => append < 2 ? ErrorCode.NotEnoughReplicas : null;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        Task<RecordMetadata> second = fixture.SendAsync("b").AsTask();
        Assert.Equal(1, fixture.Log.AppendCount);
        fixture.Advance(99);
        Assert.Equal(1, fixture.Log.AppendCount);
        fixture.Advance(1);
        Assert.Equal(2, fixture.Log.AppendCount);
        fixture.Advance(199);
        Assert.Equal(2, fixture.Log.AppendCount);
        fixture.Advance(1);
        Assert.Equal(0, (await first.Limit()).Offset);
        Assert.Equal(1, (await second.Limit()).Offset);
        Assert.Equal(["a", "b"], fixture.Log.Values());
    }

    [Fact]
    public async Task An_error_that_is_not_retriable_fails_its_batch_alone()
    {
        var fixture = new ProducerFixture();
        fixture.Log.Answer = (_, append) => append == 0 ? ErrorCode.MessageTooLarge : null;
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync("a").Limit());
        Assert.Equal((ErrorCode.MessageTooLarge, false), (error.Error, error.IsRetriable));
        Assert.Equal("A record for orders-0 was not delivered: the fake log returns MessageTooLarge", error.Message);
        Assert.Equal(0, (await fixture.SendAsync("b").Limit()).Offset);
    }

    [Fact]
    public async Task After_delivery_timeout_ms_the_record_fails_with_the_last_error()
    {
        var fixture = new ProducerFixture(new ProducerOptions { DeliveryTimeoutMs = 2000 });
        fixture.Log.Answer = (_, _) => ErrorCode.KafkaStorageError;
        Task<RecordMetadata> send = fixture.SendAsync("a").AsTask();
        for (int ms = 0; ms < 1999; ms++)
        {
            fixture.Advance(1);
        }

        Assert.False(send.IsCompleted);
        fixture.Advance(1);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => send.Limit());
        Assert.Contains("delivery.timeout.ms=2000", error.Message, StringComparison.Ordinal);
        Assert.Contains("the fake log returns KafkaStorageError", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Producer.BufferedBytes);
        fixture.Log.Answer = (_, _) => null;
        Assert.Equal(0, (await fixture.SendAsync("b").Limit()).Offset);
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_given_up_and_a_late_one_changes_nothing()
    {
        var fixture = new ProducerFixture(new ProducerOptions { DeliveryTimeoutMs = 2000 });
        fixture.Log.HoldAnswers = true;
        Task<RecordMetadata> send = fixture.SendAsync("a").AsTask();
        fixture.Advance(2000);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => send.Limit());
        Assert.Equal(ErrorCode.RequestTimedOut, error.Error);
        Task<RecordMetadata> second = fixture.SendAsync("b").AsTask();
        fixture.Log.ReleaseOne();
        Assert.False(second.IsCompleted);
        fixture.Log.ReleaseOne();
        Assert.Equal(1, (await second.Limit()).Offset);
    }

    [Fact]
    public async Task Batches_in_flight_that_fail_together_are_tried_again_in_their_order()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 1000 });
        fixture.Log.HoldAnswers = true;
        fixture.Log.Answer = (_, append) => append < 3 ? ErrorCode.NotEnoughReplicas : null;
        Task flush = Task.CompletedTask;
        for (int i = 0; i < 3; i++)
        {
            fixture.Send($"{i}");
            flush = fixture.Producer.FlushAsync().AsTask();
        }

        fixture.Log.ReleaseLast();
        fixture.Log.ReleaseOne();
        fixture.Advance(1000);
        Assert.Equal(3, fixture.Log.AppendCount);
        fixture.Log.ReleaseOne();
        fixture.Log.HoldAnswers = false;
        fixture.Advance(100);
        await flush.Limit();
        Assert.Equal(["0", "1", "2"], fixture.Log.Values());
    }

    [Fact]
    public async Task Without_idempotence_a_batch_is_not_retried_after_a_later_one_was_appended()
    {
        var fixture = new ProducerFixture(new ProducerOptions { LingerMs = 1000, EnableIdempotence = false });
        fixture.Log.HoldAnswers = true;
        fixture.Log.Answer = (_, append) => append == 0 ? ErrorCode.NotEnoughReplicas : null;
        var results = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            fixture.Send($"{i}", callback: (metadata, error) => results.Add((error as KafkaException)?.Error.ToString() ?? $"{metadata.Offset}"));
            _ = fixture.Producer.FlushAsync();
        }

        fixture.Log.ReleaseOne();
        Assert.Empty(results);
        fixture.Log.ReleaseOne();
        await fixture.Producer.FlushAsync().Limit();
        Assert.Equal(["NotEnoughReplicas", "0"], results);
    }

    [Fact]
    public async Task An_exception_of_the_transport_is_the_records_failure()
    {
        var fixture = new ProducerFixture();
        fixture.Log.Answer = (_, _) => throw new IOException("the disk failed");
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync("a").Limit());
        Assert.Contains("the disk failed", error.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(error.InnerException);
    }

    [Fact]
    public void Back_off_doubles_from_retry_backoff_ms_to_its_maximum()
    {
        Assert.Equal([100, 200, 400, 800, 1000, 1000], Enumerable.Range(1, 6).Select(BackOffs(new ProducerOptions())));
        Assert.Equal([7, 14, 28, 30], Enumerable.Range(1, 4).Select(BackOffs(new ProducerOptions { RetryBackoffMs = 7, RetryBackoffMaxMs = 30 })));
        Assert.Equal(1000, BackOffs(new ProducerOptions())(int.MaxValue));

        static Func<int, int> BackOffs(ProducerOptions options)
        {
            var log = new FakeLog();
            return new RecordAccumulator(log, log.Pump, log.Time, options, 0, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance).BackOffMs;
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_batch_is_retried_as_often_as_retries_allows(int retries)
    {
        var fixture = new ProducerFixture(new ProducerOptions { Retries = retries });
        fixture.Log.Answer = (_, _) => ErrorCode.NotEnoughReplicas;
        Task<RecordMetadata> send = fixture.SendAsync("a").AsTask();
        for (int i = 0; i < 5; i++)
        {
            fixture.Advance(1000);
        }

        RetriableKafkaException error = await Assert.ThrowsAsync<RetriableKafkaException>(() => send.Limit());
        Assert.Equal((ErrorCode.NotEnoughReplicas, 1 + retries), (error.Error, fixture.Log.AppendCount));
        Assert.Equal(0, fixture.Producer.BufferedBytes);
    }

    [Theory]
    [InlineData(ErrorCode.RequestTimedOut, typeof(RetriableKafkaException))]
    [InlineData(ErrorCode.ProducerFenced, typeof(ProducerFencedException))]
    [InlineData(ErrorCode.InvalidProducerEpoch, typeof(ProducerFencedException))]
    [InlineData(ErrorCode.TransactionAbortable, typeof(AbortableKafkaException))]
    [InlineData(ErrorCode.InvalidRecord, typeof(KafkaException))]
    public void Errors_are_distinguished_by_their_type(ErrorCode error, Type type) => Assert.IsType(type, KafkaException.For(error, "why"));
}
