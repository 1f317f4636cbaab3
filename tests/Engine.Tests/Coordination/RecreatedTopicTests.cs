using Engine.Tests.Support;
using Zurau;
using Zurau.Engine.Common;
using Zurau.Engine.Log;

namespace Engine.Tests.Coordination;

/// <summary>
/// A transaction's partitions go by topic id: a topic that is created again under its
/// name is not part of it.
/// </summary>
public sealed class RecreatedTopicTests : IDisposable
{
    private static readonly TopicPartition s_second = BrokerExtensions.Orders with { Partition = 1 };
    private static readonly TopicPartition s_payments = new("payments", 0);
    private readonly EndingHooks _hooks = new();
    private readonly BrokerLife _life;
    private readonly TransactionalClient _client;

    public RecreatedTopicTests()
    {
        _life = new BrokerLife(_hooks);
        _life.Broker.CreateTopic(new NewTopic("orders", 2));
        _life.Broker.CreateTopic(new NewTopic("payments", 1));
        _client = new TransactionalClient(_life, "billing");
        Assert.Equal(ErrorCode.None, _client.Init());
        Assert.Equal(ErrorCode.None, _client.Send(BrokerExtensions.Orders, "old"));
        Assert.Equal(ErrorCode.None, _client.Send(s_second, "old"));
        Assert.Equal(ErrorCode.None, _client.Send(s_payments, "paid"));
    }

    public void Dispose() => _life.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    [InlineData(false)]
    public void No_marker_of_a_transaction_comes_into_the_successor_of_a_deleted_topic(bool? isRestartClean)
    {
        Recreate();
        Restart(isRestartClean);
        if (isRestartClean != false)
        {
            Assert.NotEqual(ErrorCode.None, _client.SendLate(BrokerExtensions.Orders, "late")); // Nor a batch.
        }

        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        _life.Settle();
        Assert.Equal(0, End(BrokerExtensions.Orders));
        Assert.Equal(0, End(s_second));
        Assert.Equal(["paid"], _life.ReadCommitted(s_payments));
    }

    [Fact]
    public void A_transaction_may_go_on_in_the_successor_of_a_deleted_topic()
    {
        Recreate();
        Assert.Equal(ErrorCode.None, _client.Add(BrokerExtensions.Orders));
        byte[] batch = TransactionalClient.Batch(_client.ProducerId, _client.Epoch, 0, "new");
        Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.AppendAsync(BrokerExtensions.Orders, batch, Acks.Leader)).Error);
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(["new"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(0, End(s_second)); // It was not added again.
        Assert.Equal(["paid"], _life.ReadCommitted(s_payments));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Markers_rewritten_by_a_startup_are_not_written_to_the_successor_either(bool isClean)
    {
        _hooks.FailsAtDecision = true;
        Assert.Throws<InvalidOperationException>(() => _client.End(isCommit: true)); // It is decided, and no marker is written.
        Recreate();
        Restart(isClean);
        _life.Advance(20_000);
        Assert.Equal(0, End(BrokerExtensions.Orders));
        Assert.Equal(0, End(s_second));
        Assert.Equal(["paid"], _life.ReadCommitted(s_payments));
    }

    private void Recreate()
    {
        Assert.True(_life.Broker.DeleteTopicAsync("orders").AsTask().GetAwaiter().GetResult().IsSuccess);
        Assert.True(_life.Broker.CreateTopic(new NewTopic("orders", 2)).IsSuccess);
    }

    private void Restart(bool? isClean)
    {
        if (isClean is { } clean)
        {
            _life.Restart(clean);
        }
    }

    private long End(TopicPartition partition) => _life.Broker.ListOffset(partition, ListedOffset.Latest).Offset;

    private sealed class EndingHooks : InlineHooks
    {
        /// <summary>Whether the next state of a transaction that is on disk is not acted upon.</summary>
        internal bool FailsAtDecision { get; set; }

        internal override void At(LogPoint point, LogSegment? segment = null, int position = 0, int length = 0)
        {
            if (FailsAtDecision && point == LogPoint.TransactionReplayed)
            {
                FailsAtDecision = false;
                throw new InvalidOperationException("injected");
            }
        }
    }
}
