using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Coordination;
using Zurau.Engine.Log;
using Zurau.Engine.Records;

namespace Engine.Tests.Coordination;

/// <summary>The transaction coordinator by the broker's requests.</summary>
public sealed class TransactionTests : IDisposable
{
    private static readonly TopicPartition s_second = BrokerExtensions.Orders with { Partition = 1 };
    private readonly BrokerLife _life = new();
    private readonly TransactionalClient _client;

    public TransactionTests()
    {
        _life.Broker.CreateTopic(new NewTopic("orders", 2));
        _client = new TransactionalClient(_life, "billing");
        Assert.Equal(ErrorCode.None, _client.Init());
    }

    public void Dispose() => _life.Dispose();

    [Fact]
    public void A_commit_shows_everything_at_once_and_an_abort_nothing() // T1, T13, T18
    {
        Send(BrokerExtensions.Orders, "a");
        Send(s_second, "b");
        Assert.Empty(_life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(["a"], _life.Read(BrokerExtensions.Orders, IsolationLevel.ReadUncommitted));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(["b"], _life.ReadCommitted(s_second));
        Send(BrokerExtensions.Orders, "c");
        Assert.Equal(ErrorCode.None, _client.End(isCommit: false));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(["a", "c"], _life.Read(BrokerExtensions.Orders, IsolationLevel.ReadUncommitted));
    }

    [Fact]
    public void The_end_of_an_earlier_transaction_does_not_touch_a_later_one() // T3, T11
    {
        Send(BrokerExtensions.Orders, "a");
        (long id, short epoch) = (_client.ProducerId, _client.Epoch);
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(ErrorCode.None, End(id, epoch, isCommit: true)); // A retry gets the same answer.
        Assert.Equal(ErrorCode.InvalidTxnState, End(id, epoch, isCommit: false));
        Send(BrokerExtensions.Orders, "b");
        Assert.Equal(ErrorCode.ProducerFenced, End(id, epoch, isCommit: true));
        Assert.Equal(ErrorCode.ProducerFenced, End(id, epoch, isCommit: false));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(TransactionState.Ongoing, _life.Broker.Transactions.Describe("billing")!.State);
    }

    [Fact]
    public void A_late_batch_is_refused_after_the_end_of_its_transaction() // T4
    {
        Send(BrokerExtensions.Orders, "a");
        (long id, short epoch) = (_client.ProducerId, _client.Epoch);
        _client.End(isCommit: true);
        byte[] late = TransactionalClient.Batch(id, epoch, 1, "late");
        Assert.Equal(ErrorCode.InvalidProducerEpoch, _life.Wait(_life.Broker.AppendAsync(BrokerExtensions.Orders, late, Acks.Leader)).Error);
        Assert.Equal(ErrorCode.TransactionAbortable, _client.SendLate(s_second, "never added"));
        Assert.Equal(ErrorCode.ProducerFenced, _life.Wait(_life.Broker.Transactions.AddPartitionsAsync("billing", id, epoch, [s_second], TransactionVersion.V2)));
    }

    [Fact]
    public void A_partition_without_records_is_ended_too() // T5, T12
    {
        Assert.Equal(ErrorCode.None, _client.Add(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: false));
        Send(BrokerExtensions.Orders, "a");
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.InvalidTxnState, _client.End(isCommit: true));
        short epoch = _client.Epoch;
        Assert.Equal(ErrorCode.None, _client.End(isCommit: false)); // An abort of what may never have begun: its epoch is used up.
        Assert.Equal(epoch + 1, _client.Epoch);
    }

    [Fact]
    public void A_new_producer_fences_the_old_one_and_aborts_what_it_left() // T9
    {
        Send(BrokerExtensions.Orders, "a");
        var second = new TransactionalClient(_life, "billing");
        short before = _client.Epoch;
        Assert.Equal(ErrorCode.None, second.Init());
        Assert.Equal((_client.ProducerId, before + 2), (second.ProducerId, second.Epoch)); // One for the abort, one for the new producer.
        Assert.Equal(ErrorCode.ProducerFenced, _client.End(isCommit: true));
        Assert.Equal(ErrorCode.ProducerFenced, _client.Send(BrokerExtensions.Orders, "b"));
        Assert.Equal(ErrorCode.None, second.Send(BrokerExtensions.Orders, "c"));
        Assert.Equal(ErrorCode.None, second.End(isCommit: true));
        Assert.Equal(["c"], _life.ReadCommitted(BrokerExtensions.Orders));
    }

    [Fact]
    public void A_transaction_that_is_open_for_too_long_is_aborted_and_its_commit_fails() // T8
    {
        Send(BrokerExtensions.Orders, "a");
        _life.Advance(60_000);
        Assert.Equal(TransactionState.Ongoing, _life.Broker.Transactions.Describe("billing")!.State);
        _life.Advance(10_000);
        Wait(() => _life.Broker.Transactions.Describe("billing")!.State == TransactionState.CompleteAbort);
        Assert.NotEqual(ErrorCode.None, _client.End(isCommit: true));
        Assert.NotEqual(ErrorCode.None, _client.Send(BrokerExtensions.Orders, "b"));
        Assert.Empty(_life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(1, _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset - 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Used_up_epochs_take_a_new_producer_id_also_after_a_restart(bool isRestarted) // T10
    {
        TransactionMetadata exhausted = new() { ProducerId = 7, Epoch = TransactionMetadata.ExhaustedEpoch, TimeoutMs = 1, State = TransactionState.Ongoing, Partitions = [], ClientVersion = 2 };
        TransactionMetadata prepared = TransactionDecisions.End(exhausted, 7, exhausted.Epoch, true, TransactionVersion.V2, static () => 1000, 0).Next!;
        Assert.Equal((7L, short.MaxValue, 1000L), (prepared.ProducerId, prepared.Epoch, prepared.NextProducerId));
        TransactionMetadata complete = TransactionDecisions.Complete(prepared, 0);
        Assert.Equal((1000L, (short)0, 7L), (complete.ProducerId, complete.Epoch, complete.PreviousProducerId));
        if (isRestarted)
        {
            Assert.True(TransactionRecords.TryReadValue(TransactionRecords.Value(complete), out TransactionMetadata? read));
            complete = read!;
        }

        // A client that did not receive the new id retries with the old one.
        Assert.Equal(new TransactionDecision(ErrorCode.None), TransactionDecisions.End(complete, 7, exhausted.Epoch, true, TransactionVersion.V2, static () => 0, 0));
        Assert.Equal(complete, TransactionDecisions.Init(complete, 7, exhausted.Epoch, 1, static () => 0, 0).Next);
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, TransactionDecisions.End(complete, 7, 5, true, TransactionVersion.V2, static () => 0, 0).Error);
        Assert.Equal(ErrorCode.ProducerFenced, TransactionDecisions.Init(complete, 7, 5, 1, static () => 0, 0).Error);
    }

    [Fact]
    public void A_late_request_for_an_identity_does_not_touch_the_transaction_that_its_producer_has_begun() // T3, T9
    {
        (long id, short epoch) = (_client.ProducerId, _client.Epoch);
        InitProducerIdResult next = Init();
        Assert.Equal((id, (short)(epoch + 1)), (next.ProducerId, next.ProducerEpoch));
        Assert.Equal(next, Init()); // Its answer was lost.
        Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.Transactions.AddPartitionsAsync("billing", id, next.ProducerEpoch, [s_second], TransactionVersion.V2)));
        Assert.Equal(ErrorCode.ProducerFenced, Init().Error);
        Assert.Equal(ErrorCode.None, End(id, next.ProducerEpoch, isCommit: true));

        InitProducerIdResult Init() => _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("billing", 60_000, id, epoch));
    }

    [Fact]
    public void A_producer_fenced_with_the_last_epoch_gets_no_further_epoch() // T8, T10
    {
        TransactionMetadata ongoing = new() { ProducerId = 7, Epoch = TransactionMetadata.ExhaustedEpoch, TimeoutMs = 1, State = TransactionState.Ongoing, Partitions = [], ClientVersion = 2 };
        TransactionMetadata fenced = TransactionDecisions.Complete(TransactionDecisions.Fence(ongoing, 0), 0);
        Assert.Equal(ErrorCode.ProducerFenced, TransactionDecisions.End(fenced, 7, ongoing.Epoch, false, TransactionVersion.V2, static () => 1000, 0).Error);
        TransactionMetadata next = TransactionDecisions.Init(fenced, -1, -1, 1, static () => 1000, 0).Next!;
        Assert.Equal((1000L, (short)0), (next.ProducerId, next.Epoch));
    }

    [Fact]
    public void A_transaction_that_is_ended_with_another_version_than_it_began_with_is_ended() // T6, T11
    {
        Send(BrokerExtensions.Orders, "a");
        Assert.Equal(ErrorCode.None, End(_client.ProducerId, _client.Epoch, isCommit: true, TransactionVersion.V1));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.None, _client.Add(BrokerExtensions.Orders, TransactionVersion.V1));
        Assert.Equal(ErrorCode.None, _client.SendLate(BrokerExtensions.Orders, "b"));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(["a", "b"], _life.ReadCommitted(BrokerExtensions.Orders));
    }

    [Fact]
    public void Offsets_of_an_open_transaction_are_unstable_then_exact() // T14, T15
    {
        Send(BrokerExtensions.Orders, "a");
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", s_second, 7));
        Assert.Equal(ErrorCode.UnstableOffsetCommit, Fetch(requireStable: true).Error);
        Assert.Equal((ErrorCode.None, null), (Fetch().Error, Fetch().Committed));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(7, Fetch(requireStable: true).Committed!.Value.Offset);
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", s_second, 9));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: false));
        Assert.Equal(7, Fetch(requireStable: true).Committed!.Value.Offset);
    }

    [Fact]
    public void A_plain_commit_after_a_transactional_one_is_effective_also_after_a_restart() // G4
    {
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", s_second, 7));
        _life.Wait(_life.Broker.Groups.CommitOffsetsAsync("shop", "", -1, [KeyValuePair.Create(s_second, new OffsetAndMetadata(8))]));
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(8, Fetch().Committed!.Value.Offset);
        _life.Restart(isClean: true);
        Assert.Equal(8, Fetch().Committed!.Value.Offset);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_deleted_topic_s_offsets_do_not_come_back_with_the_end_of_a_transaction(bool isRestarted, bool isCommit) // T17
    {
        var other = new TopicPartition("other", 0);
        _life.Broker.CreateTopic(new NewTopic("other"));
        _life.Wait(_life.Broker.AppendAsync(s_second, Batches.Of([.. Enumerable.Range(0, 9).Select(static value => $"{value}")]), Acks.Leader)); // Offsets above the end would be reset.
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", other, 7));
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", s_second, 9));
        _life.Wait(_life.Broker.DeleteTopicAsync("other"));
        _life.Broker.CreateTopic(new NewTopic("other"));
        if (isRestarted)
        {
            _life.Restart(isClean: false);
        }

        // What is pending of the other topic is untouched, and the group is there until it is decided.
        Assert.Equal(ErrorCode.UnstableOffsetCommit, Fetch(requireStable: true).Error);
        Assert.Equal(ErrorCode.None, _client.End(isCommit));
        Assert.Null(_life.Broker.Groups.FetchOffsets("shop", [other], requireStable: true)[0].Committed);
        Assert.Equal(isCommit ? 9 : null, Fetch(requireStable: true).Committed?.Offset);
        _life.Restart(isClean: true);
        Assert.Null(_life.Broker.Groups.FetchOffsets("shop", [other])[0].Committed);
        Assert.Equal(isCommit ? 9 : null, Fetch().Committed?.Offset);
        Assert.Equal(ErrorCode.None, _client.SendOffset("shop", other, 1)); // A new commit counts.
        Assert.Equal(ErrorCode.None, _client.End(isCommit: true));
        Assert.Equal(1, _life.Broker.Groups.FetchOffsets("shop", [other])[0].Committed!.Value.Offset);
    }

    [Fact]
    public void A_fetch_that_waited_gets_the_aborted_transactions_of_when_it_is_answered() // T2
    {
        ValueTask<FetchResponse> waiting = _life.Broker.FetchAsync(new FetchRequest
        {
            Partitions = [new FetchPartition(BrokerExtensions.Orders, 0, 10_000)],
            IsolationLevel = IsolationLevel.ReadCommitted,
            MinBytes = 1,
            MaxWaitMs = 60_000,
        });
        Send(BrokerExtensions.Orders, "a");
        Assert.False(waiting.IsCompleted); // Open: nothing for it yet.
        Assert.Equal(ErrorCode.None, _client.End(isCommit: false));
        using FetchResponse response = _life.Wait(waiting);
        FetchedPartition fetched = response.Partitions[0];
        Assert.False(fetched.Records.IsEmpty);
        Assert.Equal([new AbortedTransactionRange(_client.ProducerId, 0)], fetched.AbortedTransactions!);
        Assert.Equal(2, fetched.LastStableOffset);
    }

    [Fact]
    public void A_rejected_member_or_offset_leaves_nothing_pending() // T14
    {
        IReadOnlyList<PartitionResult> results = _life.Wait(_client.Requests.CommitOffsetsAsync(
            "billing", _client.ProducerId, _client.Epoch, "shop", "stranger", 3, [KeyValuePair.Create(s_second, new OffsetAndMetadata(1))], TransactionVersion.V2));
        Assert.Equal(ErrorCode.IllegalGeneration, results[0].Error);
        results = _life.Wait(_client.Requests.CommitOffsetsAsync(
            "billing", _client.ProducerId, _client.Epoch, "shop", "", -1, [KeyValuePair.Create(s_second, new OffsetAndMetadata(1, new string('x', 5000)))], TransactionVersion.V2));
        Assert.Equal(ErrorCode.OffsetMetadataTooLarge, results[0].Error);
        Assert.Equal(ErrorCode.None, Fetch(requireStable: true).Error);
    }

    [Fact]
    public void An_idle_transactional_id_is_forgotten_and_one_in_a_transaction_is_not() // T16
    {
        Send(BrokerExtensions.Orders, "a");
        var idle = new TransactionalClient(_life, "idle");
        idle.Init();
        var patient = new TransactionalClient(_life, "patient");
        patient.Init(timeoutMs: 900_000);
        for (int day = 0; day < 8; day++)
        {
            _life.Advance(86_400_000);
        }

        Wait(() => _life.Broker.Transactions.Describe("idle") is null);
        _life.Restart(isClean: true);
        Assert.Null(_life.Broker.Transactions.Describe("idle"));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, idle.Send(BrokerExtensions.Orders, "x"));
        Assert.Equal(ErrorCode.None, idle.Init());
    }

    [Fact]
    public void An_abandoned_transaction_can_be_ended_manually() // T19
    {
        Send(BrokerExtensions.Orders, "a");
        ProducerDescription hanging = Assert.Single(_life.Broker.Transactions.DescribeProducers(BrokerExtensions.Orders)!);
        Assert.Equal((_client.ProducerId, 0), (hanging.ProducerId, hanging.TransactionStartOffset));
        Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.Transactions.AbortAsync(BrokerExtensions.Orders, hanging.ProducerId, hanging.ProducerEpoch, hanging.CoordinatorEpoch)).Error);
        Assert.Equal(2, _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Latest, IsolationLevel.ReadCommitted).Offset);
        Assert.Empty(_life.ReadCommitted(BrokerExtensions.Orders));
        Assert.Equal(ErrorCode.InvalidTxnState, _life.Wait(_life.Broker.Transactions.AbortAsync(BrokerExtensions.Orders, hanging.ProducerId, hanging.ProducerEpoch, 0)).Error);
    }

    [Fact]
    public void With_version_1_the_epoch_stays_and_retries_are_detected_by_the_outcome()
    {
        Assert.Equal(ErrorCode.None, _client.Add(BrokerExtensions.Orders, TransactionVersion.V1));
        Assert.Equal(ErrorCode.None, _client.SendLate(BrokerExtensions.Orders, "a"));
        Assert.Equal(ErrorCode.None, End(_client.ProducerId, _client.Epoch, true, TransactionVersion.V1));
        Assert.Equal(ErrorCode.None, End(_client.ProducerId, _client.Epoch, true, TransactionVersion.V1));
        Assert.Equal(ErrorCode.InvalidTxnState, End(_client.ProducerId, _client.Epoch, false, TransactionVersion.V1));
        Assert.Equal(ErrorCode.ProducerFenced, End(_client.ProducerId, (short)(_client.Epoch - 1), true, TransactionVersion.V1));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, End(_client.ProducerId + 1, _client.Epoch, true, TransactionVersion.V1));
        Assert.Equal(ErrorCode.TransactionAbortable, _client.SendLate(BrokerExtensions.Orders, "late"));
        Assert.Equal(["a"], _life.ReadCommitted(BrokerExtensions.Orders));
    }

    [Fact]
    public void Requests_that_make_no_sense_are_refused()
    {
        Assert.Equal(ErrorCode.InvalidRequest, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("", 1000)).Error);
        Assert.Equal(ErrorCode.InvalidTransactionTimeout, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("x", 900_001)).Error);
        Assert.Equal(ErrorCode.InvalidTransactionTimeout, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("x", 0)).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("billing", 1000, _client.ProducerId, -1)).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("billing", 1000, -1, 0)).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _life.Wait(_life.Broker.Transactions.EndAsync("", _client.ProducerId, _client.Epoch, true, TransactionVersion.V2)).Error);
        Assert.Equal(ErrorCode.InvalidRequest, _life.Wait(_life.Broker.Transactions.AddPartitionsAsync("", _client.ProducerId, _client.Epoch, [s_second], TransactionVersion.V2)));
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Add(new TopicPartition("nowhere", 0)));
        Assert.Equal(ErrorCode.InvalidProducerIdMapping, _life.Wait(_life.Broker.Transactions.AddPartitionsAsync("unknown", 1, 0, [s_second], TransactionVersion.V2)));
        Assert.Equal(ErrorCode.ProducerFenced, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("billing", 1000, _client.ProducerId + 5, 0)).Error);
        Assert.Equal(ErrorCode.ProducerFenced, _life.Wait(_life.Broker.Transactions.InitProducerIdAsync("billing", 1000, _client.ProducerId, 9)).Error);
    }

    [Fact]
    public void Every_partition_that_is_to_be_added_is_answered()
    {
        var nowhere = new TopicPartition("nowhere", 0);
        IReadOnlyList<PartitionResult> answers = _life.Wait(_life.Broker.Transactions.AddEachPartitionAsync(
            "billing", _client.ProducerId, _client.Epoch, [BrokerExtensions.Orders, nowhere, s_second], TransactionVersion.V1));
        Assert.Equal(
            [new(BrokerExtensions.Orders, ErrorCode.OperationNotAttempted), new(nowhere, ErrorCode.UnknownTopicOrPartition), new PartitionResult(s_second, ErrorCode.OperationNotAttempted)],
            answers);
        Assert.Equal(TransactionState.Empty, _life.Broker.Transactions.Describe("billing")!.State);
        answers = _life.Wait(_life.Broker.Transactions.AddEachPartitionAsync("billing", _client.ProducerId, _client.Epoch, [BrokerExtensions.Orders, s_second], TransactionVersion.V1));
        Assert.Equal([ErrorCode.None, ErrorCode.None], answers.Select(static answer => answer.Error));
        Assert.Equal(2, _life.Broker.Transactions.Describe("billing")!.Partitions.Count);
    }

    private void Wait(Func<bool> condition)
    {
        for (int step = 0; !condition(); step++)
        {
            Assert.True(step < 1000, "It never happens.");
            _life.Step();
        }
    }

    private void Send(TopicPartition partition, string value) => Assert.Equal(ErrorCode.None, _client.Send(partition, value));

    private ErrorCode End(long producerId, short epoch, bool isCommit, TransactionVersion version = TransactionVersion.V2) =>
        _life.Wait(_life.Broker.Transactions.EndAsync("billing", producerId, epoch, isCommit, version)).Error;

    private OffsetFetchResult Fetch(bool requireStable = false) => _life.Broker.Groups.FetchOffsets("shop", [s_second], requireStable)[0];
}
