using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;

namespace Engine.Tests;

/// <summary>
/// Leader epochs in requests of readers (KIP-320, KIP-595), special offsets, and long
/// polls over partitions that cannot be read.
/// </summary>
public sealed class FetchEpochTests : IDisposable
{
    private static readonly TopicPartition s_idle = new("idle", 0);
    private static readonly TopicPartition s_nowhere = new("nowhere", 0);
    private readonly BrokerLife _life = new();
    private readonly int _first;

    // Three records in a first epoch, two in the next: an unclean startup begins an epoch.
    public FetchEpochTests()
    {
        _life.Broker.CreateTopic(new NewTopic("orders", 1));
        _life.Broker.CreateTopic(new NewTopic("idle", 1));
        Append("a", "b", "c");
        _first = _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Latest).LeaderEpoch;
        _life.Restart(isClean: false);
        Append("d", "e");
        Assert.Equal(_first + 1, Epoch);
    }

    private int Epoch => _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Latest).LeaderEpoch;

    public void Dispose() => _life.Dispose();

    [Fact]
    public void The_end_of_an_epoch_is_where_the_next_one_begins()
    {
        Assert.Equal(new EpochEndOffset(ErrorCode.None, _first, 3), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, _first));
        Assert.Equal(new EpochEndOffset(ErrorCode.None, _first + 1, 5), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, _first + 1, _first + 1));
        Assert.Equal(new EpochEndOffset(ErrorCode.None, -1, -1), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, _first + 2));
        Assert.Equal(new EpochEndOffset(ErrorCode.None, -1, -1), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, -1));
        Assert.Equal(new EpochEndOffset(ErrorCode.FencedLeaderEpoch, -1, -1), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, _first, _first));
        Assert.Equal(new EpochEndOffset(ErrorCode.UnknownLeaderEpoch, -1, -1), _life.Broker.OffsetForLeaderEpoch(BrokerExtensions.Orders, _first, _first + 2));
        Assert.Equal(new EpochEndOffset(ErrorCode.UnknownTopicOrPartition, -1, -1), _life.Broker.OffsetForLeaderEpoch(s_nowhere, 0));
    }

    [Fact]
    public void A_fetch_with_another_current_epoch_is_refused()
    {
        Assert.Equal(ErrorCode.None, Fetch(0, current: Epoch).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Fetch(0, current: Epoch - 1).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, Fetch(0, current: Epoch + 1).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Earliest, currentLeaderEpoch: Epoch - 1).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Earliest, currentLeaderEpoch: Epoch + 1).Error);
    }

    [Fact]
    public void A_reader_with_records_lost_in_a_crash_receives_the_offset_to_truncate_to()
    {
        (ErrorCode error, DivergingEpoch? diverging, int bytes) = Fetch(4, last: _first); // It had read offset 3 in the first epoch.
        Assert.Equal((ErrorCode.None, new DivergingEpoch(_first, 3), 0), (error, diverging, bytes));
        (error, diverging, bytes) = Fetch(3, last: _first);
        Assert.Equal((ErrorCode.None, null), (error, diverging));
        Assert.True(bytes > 0);
        (error, diverging, bytes) = Fetch(5, last: Epoch);
        Assert.Equal((ErrorCode.None, null, 0), (error, diverging, bytes));
        Assert.Equal(ErrorCode.OffsetOutOfRange, Fetch(4, last: Epoch + 1).Error); // No such epoch: nothing is known of where it ends.
        Assert.True(_life.Broker.DeleteRecords(BrokerExtensions.Orders, 4).IsSuccess);
        Assert.Equal(ErrorCode.OffsetOutOfRange, Fetch(2, last: _first).Error);
    }

    [Fact]
    public void A_diverging_epoch_ends_a_long_poll_at_once()
    {
        ValueTask<FetchResponse> fetch = _life.Broker.FetchAsync(Request(new FetchPartition(s_idle, 0), new FetchPartition(BrokerExtensions.Orders, 4, LastFetchedEpoch: _first)));
        Assert.True(fetch.IsCompleted);
        _life.Wait(fetch).Dispose();
    }

    [Fact]
    public void Special_offsets_are_Kafka_s_without_tiered_storage()
    {
        Assert.Equal(new ListedOffset(ErrorCode.None, 0, -1, _first), _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.Earliest));
        Assert.Equal(new ListedOffset(ErrorCode.None, 0, -1, _first), _life.Broker.ListOffset(BrokerExtensions.Orders, -4));
        Assert.Equal(new ListedOffset(ErrorCode.None, -1, -1, -1), _life.Broker.ListOffset(BrokerExtensions.Orders, -5));
        Assert.Equal(ErrorCode.InvalidRequest, _life.Broker.ListOffset(BrokerExtensions.Orders, -7).Error);
        Assert.True(_life.Broker.DeleteRecords(BrokerExtensions.Orders, 2).IsSuccess);
        Assert.Equal(new ListedOffset(ErrorCode.None, 2, -1, _first), _life.Broker.ListOffset(BrokerExtensions.Orders, ListedOffset.EarliestLocal));
    }

    [Fact]
    public void A_long_poll_waits_beside_a_partition_that_does_not_exist()
    {
        ValueTask<FetchResponse> fetch = _life.Broker.FetchAsync(Request(new FetchPartition(s_nowhere, 0), new FetchPartition(s_idle, 0)));
        Assert.False(fetch.IsCompleted);
        Append(s_idle, "x");
        using FetchResponse response = _life.Wait(fetch);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, response.Partitions[0].Error);
        Assert.False(response.Partitions[1].Records.IsEmpty);
    }

    [Fact]
    public void A_long_poll_ends_at_once_with_an_offset_out_of_range_or_without_a_partition_to_wait_for()
    {
        ValueTask<FetchResponse> outOfRange = _life.Broker.FetchAsync(Request(new FetchPartition(s_idle, 0), new FetchPartition(BrokerExtensions.Orders, 99)));
        Assert.True(outOfRange.IsCompleted);
        _life.Wait(outOfRange).Dispose();
        ValueTask<FetchResponse> nothing = _life.Broker.FetchAsync(Request(new FetchPartition(s_nowhere, 0)));
        Assert.True(nothing.IsCompleted);
        _life.Wait(nothing).Dispose();
    }

    [Fact]
    public void A_long_poll_over_a_partition_that_does_not_exist_ends_with_its_time()
    {
        ValueTask<FetchResponse> fetch = _life.Broker.FetchAsync(Request(new FetchPartition(s_nowhere, 0), new FetchPartition(s_idle, 0)));
        Assert.False(fetch.IsCompleted);
        _life.Time.Advance(60_000);
        using FetchResponse response = _life.Wait(fetch);
        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.None], response.Partitions.Select(static partition => partition.Error));
    }

    private static FetchRequest Request(params FetchPartition[] partitions) => new() { Partitions = partitions, MaxWaitMs = 60_000 };

    private (ErrorCode Error, DivergingEpoch? Diverging, int Bytes) Fetch(long offset, int current = -1, int last = -1)
    {
        using FetchResponse response = _life.Wait(_life.Broker.FetchAsync(
            Request(new FetchPartition(BrokerExtensions.Orders, offset, CurrentLeaderEpoch: current, LastFetchedEpoch: last)) with { MaxWaitMs = 0 }));
        FetchedPartition fetched = response.Partitions[0];
        return (fetched.Error, fetched.DivergingEpoch, fetched.Records.Length);
    }

    private void Append(params string[] values) => Append(BrokerExtensions.Orders, values);

    private void Append(TopicPartition partition, params string[] values) =>
        Assert.Equal(ErrorCode.None, _life.Wait(_life.Broker.AppendAsync(partition, Batches.Of(values), Acks.All)).Error);
}
