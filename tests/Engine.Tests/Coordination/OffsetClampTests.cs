using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Testing.Simulation;

namespace Engine.Tests.Coordination;

/// <summary>
/// A power failure loses the end of a log below a group's offset: new records there must
/// not be skipped, whether the offset was committed or is pending in a transaction.
/// </summary>
public sealed class OffsetClampTests : IDisposable // W8, T13
{
    private const int Durable = 10;
    private const int Sent = 60;
    private static readonly TopicPartition s_input = new("input", 0);
    private SimDisk _disk = null!;
    private BrokerLife _life = null!;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_committed_offset_above_the_recovered_end_is_reset_to_it(int seed)
    {
        Begin(seed);
        Commit("group", Sent);
        long end = CutPower();
        Grow();
        Assert.Equal(end, Committed("group"));
        AssertKept("group", end);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_pending_offset_above_the_recovered_end_is_reset_to_it_and_effective_once_committed(int seed)
    {
        Begin(seed);
        TransactionalClient client = Send("group", Sent);
        long end = CutPower();
        Assert.Equal(ErrorCode.UnstableOffsetCommit, _life.Broker.Groups.FetchOffsets("group", [s_input], requireStable: true)[0].Error);
        Grow();
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));
        Assert.Equal(end, Committed("group"));
        AssertKept("group", end);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_reset_pending_offset_is_discarded_if_its_transaction_is_aborted(int seed)
    {
        Begin(seed);
        Commit("group", 3);
        TransactionalClient client = Send("group", Sent);
        CutPower();
        Assert.Equal(ErrorCode.None, client.End(isCommit: false));
        Assert.Equal(3, Committed("group"));
        AssertKept("group", 3);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_pending_offset_still_counts_where_the_committed_one_before_it_went_back(int seed)
    {
        Begin(seed);
        Commit("group", Sent);
        TransactionalClient client = Send("group", 5);
        long end = CutPower();
        Assert.Equal(end, _life.Broker.Groups.FetchOffsets("group", [s_input])[0].Committed?.Offset);
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));
        Assert.Equal(5, Committed("group"));
        AssertKept("group", 5);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_pending_offset_that_a_later_commit_has_passed_does_not_come_back(int seed)
    {
        Begin(seed);
        TransactionalClient client = Send("group", Sent, flush: false);
        Commit("group", 3);
        CutPower();
        Assert.Equal(ErrorCode.None, client.End(isCommit: true));
        Assert.Equal(3, Committed("group"));
        AssertKept("group", 3);
    }

    public void Dispose()
    {
        _life.Dispose();
        _disk.Dispose();
    }

    private void Begin(int seed)
    {
        _disk = new SimDisk(new SimRandom((ulong)seed), DiskProfile.Ideal with { Name = "Forgetful", KeptFileRate = 0 });
        _life = new BrokerLife(disk: _disk);
        _life.Broker.CreateTopic(new NewTopic(s_input.Topic));
        Append(Durable, Acks.All);
        Append(Sent - Durable, Acks.Leader);
    }

    private void Append(int count, Acks acks)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.AppendAsync(s_input, Batches.Of($"{i}"), acks)).Error);
        }
    }

    // The offsets that were lost are given out again, durably.
    private void Grow() => Append(2 * Sent, Acks.All);

    private void Commit(string group, long offset)
    {
        Assert.Equal(ErrorCode.None, _life.Wait(CommitAsync(group, offset)));
        FlushOffsets();
    }

    private async ValueTask<ErrorCode> CommitAsync(string group, long offset) =>
        (await _life.Broker.Groups.CommitOffsetsAsync(group, "", -1, [KeyValuePair.Create(s_input, new OffsetAndMetadata(offset))]))[0].Error;

    private TransactionalClient Send(string group, long offset, bool flush = true)
    {
        var client = new TransactionalClient(_life, "pending");
        Assert.Equal(ErrorCode.None, client.Init());
        Assert.Equal(ErrorCode.None, client.SendOffset(group, s_input, offset));
        if (flush)
        {
            FlushOffsets();
        }

        return client;
    }

    // The end of any transaction with offsets flushes all that is before it in the internal logs.
    private void FlushOffsets()
    {
        var other = new TransactionalClient(_life, "other");
        Assert.Equal(ErrorCode.None, other.Init());
        Assert.Equal(ErrorCode.None, other.SendOffset("other", s_input, 0));
        Assert.Equal(ErrorCode.None, other.End(isCommit: true));
    }

    private long CutPower()
    {
        _life.CutPower();
        long end = _life.Broker.ListOffset(s_input, ListedOffset.Latest).Offset;
        Assert.InRange(end, Durable, Sent - 1); // Else nothing is shown here.
        return end;
    }

    private long Committed(string group) => _life.Broker.Groups.FetchOffsets(group, [s_input], requireStable: true)[0].Committed?.Offset ?? -1;

    private void AssertKept(string group, long offset)
    {
        _life.CutPower(); // What was set back is on disk: nothing would notice any more, for the log is longer now.
        _life.Settle();
        Assert.Equal(offset, Committed(group));
        _life.Restart(isClean: true);
        Assert.Equal(offset, Committed(group));
    }
}
