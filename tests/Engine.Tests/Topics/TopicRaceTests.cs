using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Records;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// Topics deleted and created again under producers and consumers, on real threads,
/// with the broker's own duties: retention, cleaning, flushes and the deletion of files
/// beside rolls.
/// </summary>
public sealed class TopicRaceTests
{
    private const int Rounds = 12;
    private const int AppendsPerRound = 40;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2); // Of one answer, on a busy machine.
    private static readonly TopicPartition s_orders = BrokerExtensions.Orders;
    private static readonly TopicPartition s_table = new("table", 0);

    [Fact]
    public async Task Every_request_is_answered_and_a_topic_holds_what_it_acknowledged_while_topics_come_and_go() // L4, L13, L14, C11
    {
        using var storage = new MemoryStorage();
        await using Broker broker = Broker.Open(new BrokerSettings
        {
            Storage = storage,
            LogRetentionCheckIntervalMs = 1,
            LogCleanerBackoffMs = 1,
            LogSegmentDeleteDelayMs = 0,
            MaxOpenSegments = 2,
        });
        using var stopping = new CancellationTokenSource();
        var failures = new ConcurrentQueue<Exception>();
        var acknowledged = new ConcurrentQueue<(Guid Topic, TopicPartition Partition, long Offset, string Value)>();
        int appended = 0;
        Create(broker);
        Task[] workers =
        [
            .. Enumerable.Range(0, 4).Select(i => Run(number => Append(number, i % 2 == 0 ? s_orders : s_table, i < 2 ? Acks.All : Acks.Leader))),
            Run(_ => Fetch(s_orders)),
            Run(_ => Fetch(s_table)),
        ];
        for (int round = 0; round < Rounds; round++)
        {
            int before = Volatile.Read(ref appended);
            Await(() => Volatile.Read(ref appended) >= before + AppendsPerRound, "appends");
            Await(() => broker.ListOffsets(s_orders, out long start, out _).IsSuccess && start > 0, "retention");
            foreach (string topic in (string[])[s_orders.Topic, s_table.Topic])
            {
                ErrorResult deleted = await broker.DeleteTopicAsync(topic).AsTask().WaitAsync(s_longest, TestContext.Current.CancellationToken);
                Assert.True(deleted.IsSuccess, deleted.Message);
            }

            Create(broker);
        }

        Await(() => Known(s_orders) >= AppendsPerRound && Known(s_table) >= AppendsPerRound, "appends to the last topics");
        stopping.Cancel();
        await Task.WhenAll(workers).WaitAsync(s_longest, TestContext.Current.CancellationToken);
        Assert.Empty(failures);
        await VerifyAsync(s_orders);
        await VerifyAsync(s_table);
        Assert.Empty(broker.Health);

        Task Run(Action<int> step) => Task.Factory.StartNew(
            () =>
            {
                try
                {
                    for (int number = 0; !stopping.IsCancellationRequested; number++)
                    {
                        step(number);
                    }
                }
                catch (Exception exception)
                {
                    failures.Enqueue(exception);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        void Append(int number, TopicPartition partition, Acks acks)
        {
            string value = $"{partition.Topic}-{acks}-{number}";
            Guid before = IdOf(partition.Topic);
            Task<AppendResult> appending = broker.AppendAsync(partition, Keyed($"k{number % 5}", value), acks).AsTask();
            Assert.True(appending.Wait(s_longest), $"{value} is never answered");
            AppendResult result = appending.Result;
            Assert.True(result.Error is ErrorCode.None or ErrorCode.UnknownTopicOrPartition or ErrorCode.NotLeaderOrFollower, $"{value}: {result.Error} {result.Message}");
            if (result.Error == ErrorCode.None)
            {
                Interlocked.Increment(ref appended);
                if (before != default && before == IdOf(partition.Topic))
                {
                    acknowledged.Enqueue((before, partition, result.BaseOffset, value));
                }
            }
        }

        void Fetch(TopicPartition partition)
        {
            long offset = broker.ListOffsets(partition, out long start, out _).IsSuccess ? start : 0;
            Task<FetchResponse> fetching = broker.FetchAsync(new FetchRequest { Partitions = [new FetchPartition(partition, offset, 2000)], MaxWaitMs = 1 }).AsTask();
            Assert.True(fetching.Wait(s_longest), "a fetch is never answered");
            using FetchResponse response = fetching.Result;
            ErrorCode error = response.Partitions[0].Error;
            Assert.True(error is ErrorCode.None or ErrorCode.OffsetOutOfRange or ErrorCode.UnknownTopicOrPartition or ErrorCode.NotLeaderOrFollower, $"fetching {partition}: {error}");
            Assert.All(Batches.Read(response.Partitions[0].Records.Span), record => Assert.StartsWith(partition.Topic, record.Value, StringComparison.Ordinal));
        }

        int Known(TopicPartition partition)
        {
            Guid id = IdOf(partition.Topic);
            return acknowledged.Count(one => one.Topic == id && one.Partition == partition);
        }

        Guid IdOf(string topic) => broker.DescribeTopic(topic, autoCreate: false, out TopicDescription? description).IsSuccess ? description!.TopicId : default;

        void Await(Func<bool> condition, string what)
        {
            long began = Stopwatch.GetTimestamp();
            while (!condition())
            {
                Assert.Empty(failures);
                Assert.True(Stopwatch.GetElapsedTime(began) < s_longest, $"{what} did not come");
                Thread.Yield();
            }
        }

        // What is left of the last topic is what was acknowledged of it, each record at its offset.
        async Task VerifyAsync(TopicPartition partition)
        {
            Guid id = IdOf(partition.Topic);
            var known = acknowledged.Where(one => one.Topic == id && one.Partition == partition).ToDictionary(static one => one.Offset, static one => one.Value);
            Assert.NotEmpty(known);
            Assert.True(broker.AlterTopicConfigs(partition.Topic, [new ConfigChange("retention.bytes", "-1")]).IsSuccess); // What is there now stays.
            Assert.True(broker.ListOffsets(partition, out long start, out long end).IsSuccess);
            List<(long Offset, string Value)> read = await broker.ReadAllAsync(partition, start);
            Assert.NotEmpty(read);
            Assert.All(read.Where(record => known.ContainsKey(record.Offset)), record => Assert.Equal(known[record.Offset], record.Value));
            Assert.Equal(read.Count, read.Select(static record => record.Value).Distinct().Count());
            if (partition == s_orders)
            {
                Assert.All(known.Where(one => one.Key >= start), one => Assert.Contains((one.Key, one.Value), read));
            }

            Assert.True(known.Keys.Max() < end);
        }
    }

    private static byte[] Keyed(string key, string value)
    {
        var builder = new RecordBatchBuilder(new byte[200]);
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key), false, Encoding.UTF8.GetBytes(value), false);
        return builder.Build().ToArray();
    }

    private static void Create(Broker broker)
    {
        Assert.True(broker.CreateTopic(new NewTopic("orders") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "600", ["retention.bytes"] = "1200", ["file.delete.delay.ms"] = "0" } }).IsSuccess);
        Assert.True(broker.CreateTopic(new NewTopic("table") { Configs = new Dictionary<string, string> { ["segment.bytes"] = "600", ["cleanup.policy"] = "compact", ["min.cleanable.dirty.ratio"] = "0.01", ["file.delete.delay.ms"] = "0" } }).IsSuccess);
    }
}
