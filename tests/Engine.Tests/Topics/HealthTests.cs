using Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// What a broker reports of itself, and that one partition's failure is not the
/// others'.
/// </summary>
public sealed class HealthTests : IAsyncDisposable
{
    private const int CheckMs = 1000;
    private static readonly TopicPartition s_bad = new("bad", 0);
    private static readonly TopicPartition s_good = new("good", 0);
    private readonly MemoryStorage _memory = new();
    private readonly FaultyStorage _storage;
    private readonly SteppedTime _time = new();
    private readonly SteppedPump _pump;
    private readonly LogLines _lines = new();
    private readonly Broker _broker;

    public HealthTests()
    {
        _storage = new FaultyStorage(_memory);
        _pump = new SteppedPump(_time);
        _broker = Broker.Open(new BrokerSettings
        {
            Storage = _storage,
            TimeProvider = _time,
            DutyPump = _pump,
            LoggerFactory = _lines,
            RandomSeed = 1,
            LogRetentionCheckIntervalMs = CheckMs,
            LogFlushOffsetCheckpointIntervalMs = CheckMs,
            LogSegmentDeleteDelayMs = 0,
        });
        foreach (TopicPartition partition in new[] { s_bad, s_good })
        {
            // Segments of one record each. Both logs have the same flusher: the first and the fourth of three.
            Create(partition.Topic, partition == s_bad ? 3 : 1);
        }
    }

    [Fact]
    public async Task Appends_that_find_no_space_are_logged_once_and_shown_until_they_work_again() // N16
    {
        _storage.Allocation = IoResult.NoSpace;
        DateTimeOffset since = _time.GetUtcNow();
        for (int i = 0; i < 50; i++)
        {
            AppendResult refused = await AppendAsync(s_bad, Acks.Leader);
            Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
            _time.Advance(100);
        }

        HealthIssue issue = Assert.Single(_broker.Health);
        Assert.Equal(("append", s_bad, since, 50), (issue.Component, issue.Partition, issue.Since, issue.Failures));
        Assert.Contains("free space", issue.Reason);
        string line = Assert.Single(_lines.Of(LogLevel.Warning, "bad-0"));
        Assert.Contains("no space is left (errno 28); free space, then appends continue", line);

        _time.Advance((long)HealthLog.RepeatAfter.TotalMilliseconds);
        await AppendAsync(s_bad, Acks.Leader);
        Assert.Equal(2, _lines.Of(LogLevel.Warning, "bad-0").Count);

        _storage.Allocation = IoResult.Ok;
        Assert.Equal(ErrorCode.None, (await AppendAsync(s_bad, Acks.Leader)).Error);
        Assert.Empty(_broker.Health);
        Assert.Single(_lines.Of(LogLevel.Information, "Works again: append of bad-0"));
    }

    [Fact]
    public async Task A_failed_flush_is_shown_with_its_reason_until_the_directory_is_opened_again()
    {
        _storage.Flush = IoResult.DeviceError;
        Task<AppendResult> waiting = AppendAsync(s_bad, Acks.All);
        _pump.Step();
        Assert.Equal(ErrorCode.KafkaStorageError, (await waiting).Error);
        _storage.Flush = IoResult.Ok;
        _pump.Advance(10 * CheckMs);
        HealthIssue issue = Assert.Single(_broker.Health);
        Assert.Equal(("flush", s_bad, 1), (issue.Component, issue.Partition, issue.Failures));
        Assert.Contains("errno 5", issue.Reason);
        Assert.Single(_lines.Of(LogLevel.Error, "flush of bad-0"));
    }

    [Fact]
    public async Task A_flush_for_which_there_is_no_descriptor_is_shown_until_one_succeeds()
    {
        await RollAsync(s_bad);
        _storage.DirectoryFlush = IoResult.TooManyOpenFiles;
        Task<AppendResult> waiting = AppendAsync(s_bad, Acks.All);
        _pump.Step();
        Assert.Equal(ErrorCode.KafkaStorageError, (await waiting).Error);
        Assert.Equal("flush", Assert.Single(_broker.Health).Component);
        _storage.DirectoryFlush = IoResult.Ok;
        waiting = AppendAsync(s_bad, Acks.All);
        _pump.Step();
        Assert.Equal(ErrorCode.None, (await waiting).Error);
        Assert.Empty(_broker.Health);
    }

    [Fact]
    public async Task A_flush_that_throws_answers_its_waiters_and_the_logs_of_the_same_flusher_are_served()
    {
        _storage.Throwing = static (operation, path) => operation == "flush" && path.StartsWith("bad-0/", StringComparison.Ordinal) ? new OutOfMemoryException() : null;
        Task<AppendResult> bad = AppendAsync(s_bad, Acks.All);
        Task<AppendResult> good = AppendAsync(s_good, Acks.All);
        _pump.Step();
        Assert.Equal(ErrorCode.KafkaStorageError, (await bad).Error);
        Assert.Equal(ErrorCode.None, (await good).Error);
        HealthIssue issue = Assert.Single(_broker.Health);
        Assert.Equal(("flusher", s_bad), (issue.Component, issue.Partition));

        _storage.Throwing = null;
        bad = AppendAsync(s_bad, Acks.All);
        _pump.Step();
        Assert.Equal(ErrorCode.None, (await bad).Error);
        Assert.Empty(_broker.Health);
    }

    [Theory]
    [InlineData("segment removal", "rename")]
    [InlineData("file deletion", "delete")]
    [InlineData("checkpoint", "flush")]
    [InlineData("flush.ms", "flush")]
    public async Task A_duty_for_which_one_partition_throws_serves_the_others(string component, string operation)
    {
        foreach (string topic in new[] { s_bad.Topic, s_good.Topic })
        {
            if (component == "flush.ms")
            {
                Alter(topic, "flush.ms", "100");
            }

            for (int i = 0; i < 3; i++)
            {
                await AppendAsync(new TopicPartition(topic, 0), Acks.Leader);
            }
        }

        _storage.Throwing = (called, path) => called == operation && path.StartsWith("bad-0/", StringComparison.Ordinal) ? new IndexOutOfRangeException() : null;
        if (component is "segment removal" or "file deletion")
        {
            Assert.True(_broker.DeleteRecords(s_bad, 2).IsSuccess);
            Assert.True(_broker.DeleteRecords(s_good, 2).IsSuccess);
        }

        _pump.Advance(CheckMs);
        _pump.Advance(CheckMs);
        HealthIssue issue = Assert.Single(_broker.Health, issue => issue.Component == component);
        Assert.Equal(s_bad, issue.Partition);
        Assert.True(IsServed(s_good), "the other partition was not served");
        Assert.False(IsServed(s_bad));

        _storage.Throwing = null;
        _pump.Advance(10 * CheckMs);
        _pump.Advance(10 * CheckMs);
        Assert.Empty(_broker.Health);
        Assert.True(IsServed(s_bad), "the partition was not served when it could be again");

        bool IsServed(TopicPartition partition) => operation == "flush"
            ? _broker.FindLog(partition)!.Flusher.DurableEnd >= 2
            : !_memory.List($"{partition}", out IReadOnlyList<string> names).IsOk || !names.Any(static name => name.StartsWith("00000000000000000000.log", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deleted_topic_is_removed_from_the_issues()
    {
        _storage.Allocation = IoResult.NoSpace;
        await AppendAsync(s_bad, Acks.Leader);
        Assert.Single(_broker.Health);
        _storage.Allocation = IoResult.Ok;
        Assert.True((await _broker.DeleteTopicAsync(s_bad.Topic)).IsSuccess);
        Assert.Empty(_broker.Health);
    }

    [Fact]
    public async Task A_broker_serves_while_a_duty_throws_in_each_of_a_thousand_rounds()
    {
        var failing = new FailingDuty("failing", new InvalidOperationException());
        using IDutyHandle handle = _broker.DutyPump.Start(failing);
        for (int i = 0; i < 1000; i++)
        {
            Task<AppendResult> append = AppendAsync(s_good, Acks.All);
            _pump.Advance(RetryBackoff.LongestMs);
            Assert.Equal(ErrorCode.None, (await append).Error);
        }

        Assert.Equal(1000, failing.Calls);
        Assert.Equal(("duty failing", 1000L), (_broker.Health[0].Component, _broker.Health[0].Failures));
    }

    [Fact]
    public async Task Index_files_that_cannot_be_written_are_shown_until_they_are()
    {
        _storage.Failing = static (operation, path) =>
            operation == "write" && path.StartsWith("bad-0/", StringComparison.Ordinal) && path.Contains(".timeindex", StringComparison.Ordinal) ? IoResult.NoSpace : IoResult.Ok;
        await RollAsync(s_bad);
        await RollAsync(s_good);
        _pump.Advance(CheckMs);
        HealthIssue issue = Assert.Single(_broker.Health);
        Assert.Equal(("checkpoint", s_bad), (issue.Component, issue.Partition));
        Assert.Contains("no space is left", issue.Reason);
        Assert.True(_broker.FindLog(s_good)!.RecoveryPoint > 0);
        Assert.Equal(0, _broker.FindLog(s_bad)!.RecoveryPoint);

        _storage.Failing = null;
        _pump.Advance(RetryBackoff.LongestMs + CheckMs);
        Assert.Empty(_broker.Health);
        Assert.True(_broker.FindLog(s_bad)!.RecoveryPoint > 0);
    }

    [Fact]
    public async Task An_internal_topic_that_cannot_be_created_is_shown_until_it_is()
    {
        KeyValuePair<TopicPartition, OffsetAndMetadata>[] offsets = [KeyValuePair.Create(s_good, new OffsetAndMetadata(0))];
        _storage.Creation = IoResult.NoSpace;
        PartitionResult refused = Assert.Single(await _broker.Groups.CommitOffsetsAsync("group", "", -1, offsets));
        Assert.Equal(ErrorCode.CoordinatorNotAvailable, refused.Error);
        HealthIssue issue = Assert.Single(_broker.Health);
        Assert.Equal("topic __consumer_offsets", issue.Component);
        Assert.Contains("no space is left", issue.Reason);

        _storage.Creation = IoResult.Ok;
        Assert.Equal(ErrorCode.None, Assert.Single(await _broker.Groups.CommitOffsetsAsync("group", "", -1, offsets)).Error);
        Assert.Empty(_broker.Health);
    }

    public async ValueTask DisposeAsync()
    {
        _storage.Failing = null;
        _storage.Creation = IoResult.Ok;
        _storage.Throwing = null;
        await _broker.DisposeAsync();
        _memory.Dispose();
    }

    private void Create(string topic, int partitions) => Assert.True(_broker.CreateTopic(new NewTopic(topic, partitions)
    {
        Configs = new Dictionary<string, string> { ["segment.bytes"] = "200", ["retention.ms"] = "-1" },
    }).IsSuccess);

    private void Alter(string topic, string key, string value) => Assert.True(_broker.AlterTopicConfigs(topic, [new ConfigChange(key, value)]).IsSuccess);

    private async Task RollAsync(TopicPartition partition)
    {
        await AppendAsync(partition, Acks.Leader);
        await AppendAsync(partition, Acks.Leader);
    }

    private Task<AppendResult> AppendAsync(TopicPartition partition, Acks acks) => _broker.AppendAsync(partition, Batches.Of(new string('x', 50)), acks).AsTask();
}
