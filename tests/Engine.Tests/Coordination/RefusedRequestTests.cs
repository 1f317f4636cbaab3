using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Coordination;

/// <summary>
/// A request that is refused leaves nothing in memory. Measures the heap, so nothing
/// else runs beside it.
/// </summary>
[Collection(nameof(HeapMeasurements))]
public sealed class RefusedRequestTests : IDisposable
{
    private const int Requests = 100_000;
    private const long NoiseBytes = 2_000_000; // 20 bytes per request; an entry of a table takes more than 100.
    private static readonly TopicPartition s_nowhere = new("nowhere", 0);
    private readonly BrokerLife _life = new();

    public RefusedRequestTests()
    {
        _life.Broker.CreateTopic(new NewTopic("orders", 1));
        var client = new TransactionalClient(_life, "billing");
        client.Init();
        client.Add(BrokerExtensions.Orders);
        client.SendOffset("shop", BrokerExtensions.Orders, 0);
        client.End(isCommit: true); // Both internal topics exist.
    }

    private BrokerTransactions Transactions => _life.Broker.Transactions;

    public void Dispose() => _life.Dispose();

    [Fact]
    public void Commits_that_are_refused_leave_no_group()
    {
        Repeat(i => Assert.Equal(ErrorCode.IllegalGeneration, Commit($"a{i}", "member", 3, BrokerExtensions.Orders)));
        Repeat(i => Assert.Equal(ErrorCode.UnknownMemberId, _life.Wait(_life.Broker.Groups.JoinAsync(GroupRig.Request("member") with { GroupId = $"b{i}" })).Error));
        Repeat(i => Assert.Equal(ErrorCode.InvalidSessionTimeout, _life.Wait(_life.Broker.Groups.JoinAsync(GroupRig.Request() with { GroupId = $"g{i}", SessionTimeoutMs = 1 })).Error));
        Repeat(i => Assert.Equal(ErrorCode.UnknownMemberId, _life.Broker.Groups.Heartbeat($"h{i}", "member", 1)));
        Repeat(i => Assert.Equal(ErrorCode.UnknownTopicOrPartition, Commit($"c{i}", "", -1, s_nowhere)));
        Repeat(i => Assert.Equal(ErrorCode.InvalidCommitOffsetSize, Commit($"d{i}", "", -1, BrokerExtensions.Orders, -5)));
        Repeat(i => Assert.Equal(ErrorCode.UnknownMemberId, _life.Broker.Groups.Leave($"e{i}", "member")));
        Repeat(i => Assert.Null(_life.Broker.Groups.FetchOffsets($"f{i}", [BrokerExtensions.Orders])[0].Committed));
    }

    [Fact]
    public void Offsets_of_a_transaction_that_are_refused_leave_neither_a_group_nor_a_producer()
    {
        KeyValuePair<TopicPartition, OffsetAndMetadata>[] offsets = [KeyValuePair.Create(BrokerExtensions.Orders, new OffsetAndMetadata(1))];
        Repeat(i => Assert.Equal(
            ErrorCode.TransactionAbortable,
            _life.Wait(Transactions.CommitOffsetsAsync("billing", 1_000_000 + i, 0, $"g{i}", "", -1, offsets, TransactionVersion.V1))[0].Error));
        Repeat(i => Assert.Equal(
            ErrorCode.IllegalGeneration,
            _life.Wait(Transactions.CommitOffsetsAsync("billing", 1_000_000 + i, 0, $"h{i}", "member", 1, offsets, TransactionVersion.V1))[0].Error));
        Repeat(i => Assert.Equal(
            ErrorCode.InvalidProducerIdMapping,
            _life.Wait(Transactions.CommitOffsetsAsync("billing", 1_000_000 + i, 0, $"i{i}", "", -1, offsets, TransactionVersion.V2))[0].Error));
    }

    [Fact]
    public void Batches_and_markers_that_are_refused_leave_no_producer()
    {
        Repeat(i => Assert.Equal(
            ErrorCode.TransactionAbortable,
            _life.Wait(_life.Broker.AppendAsync(BrokerExtensions.Orders, TransactionalClient.Batch(1_000_000 + i, 0, 0, "a"), Acks.Leader)).Error));
        Repeat(i => Assert.Equal(ErrorCode.InvalidTxnState, _life.Wait(Transactions.AbortAsync(BrokerExtensions.Orders, 2_000_000 + i, 0, 0)).Error));
        Assert.True(_life.Broker.FindLog(BrokerExtensions.Orders)!.Producers.All.Count() <= 1);
    }

    [Fact]
    public void Transactional_ids_that_are_refused_are_not_remembered()
    {
        Repeat(i => Assert.Equal(ErrorCode.InvalidTransactionTimeout, _life.Wait(Transactions.InitProducerIdAsync($"a{i}", 0)).Error));
        Repeat(i => Assert.Equal(ErrorCode.InvalidProducerIdMapping, _life.Wait(Transactions.EndAsync($"b{i}", 1, 0, true, TransactionVersion.V2)).Error));
        Repeat(i => Assert.Equal(ErrorCode.InvalidProducerIdMapping, _life.Wait(Transactions.AddPartitionsAsync($"c{i}", 1, 0, [BrokerExtensions.Orders], TransactionVersion.V2))));
        Repeat(i => Assert.Equal(ErrorCode.UnknownTopicOrPartition, _life.Wait(Transactions.AddPartitionsAsync("billing", 1, 0, [new TopicPartition($"t{i}", 0)], TransactionVersion.V2))));
    }

    [Fact]
    public void Fetches_that_are_refused_or_given_up_leave_no_wait()
    {
        Repeat(i => Assert.Equal(ErrorCode.UnknownTopicOrPartition, Fetch(new FetchPartition(new TopicPartition($"t{i}", 0), 0))));
        Repeat(i => Assert.Equal(ErrorCode.OffsetOutOfRange, Fetch(new FetchPartition(BrokerExtensions.Orders, 1000 + i))));
        Repeat(i => Assert.Equal(ErrorCode.UnknownLeaderEpoch, Fetch(new FetchPartition(BrokerExtensions.Orders, 0, CurrentLeaderEpoch: 1000 + i))));
        Repeat(_ =>
        {
            using var cancellation = new CancellationTokenSource();
            ValueTask<FetchResponse> waiting = _life.Broker.FetchAsync(Request(new FetchPartition(BrokerExtensions.Orders, 0)) with { MaxWaitMs = 60_000 }, cancellation.Token);
            cancellation.Cancel();
            _life.Wait(waiting).Dispose();
        });
    }

    [Fact]
    public async Task Transactional_ids_that_no_record_could_be_written_for_are_not_remembered()
    {
        using var memory = new MemoryStorage();
        var faulty = new FaultyStorage(memory);
        await using Broker broker = Broker.Open(new BrokerSettings { Storage = faulty });
        Assert.Equal(ErrorCode.None, (await broker.Transactions.InitProducerIdAsync("first", 1000)).Error);
        faulty.Flush = IoResult.DeviceError;
        Assert.Equal(ErrorCode.KafkaStorageError, (await broker.Transactions.InitProducerIdAsync("second", 1000)).Error);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Requests; i++)
        {
            Assert.Equal(ErrorCode.KafkaStorageError, (await broker.Transactions.InitProducerIdAsync($"id-{i}", 1000)).Error);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, NoiseBytes);
        faulty.Flush = IoResult.Ok;
    }

    private static void Repeat(Action<int> request)
    {
        for (int i = 0; i < 100; i++)
        {
            request(i); // What a first request makes once.
        }

        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 100; i < Requests; i++)
        {
            request(i);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, NoiseBytes);
    }

    private static FetchRequest Request(FetchPartition partition) => new() { Partitions = [partition], MaxWaitMs = 0 };

    private ErrorCode Fetch(FetchPartition partition)
    {
        using FetchResponse response = _life.Wait(_life.Broker.FetchAsync(Request(partition)));
        return response.Partitions[0].Error;
    }

    private ErrorCode Commit(string group, string member, int generation, TopicPartition partition, long offset = 0) =>
        _life.Wait(CommitAsync(group, member, generation, partition, offset));

    private async ValueTask<ErrorCode> CommitAsync(string group, string member, int generation, TopicPartition partition, long offset) =>
        (await _life.Broker.Groups.CommitOffsetsAsync(group, member, generation, [KeyValuePair.Create(partition, new OffsetAndMetadata(offset))]))[0].Error;
}

/// <summary>Tests that measure the heap of the process run alone.</summary>
[CollectionDefinition(nameof(HeapMeasurements), DisableParallelization = true)]
public sealed class HeapMeasurements;
