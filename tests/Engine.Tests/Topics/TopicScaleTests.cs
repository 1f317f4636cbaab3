using System.Diagnostics;
using Engine.Tests.Support;
using Zurau;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Engine.Tests.Topics;

/// <summary>
/// Many topics and partitions in a real directory. Small by default;
/// <c>ZURAU_SCALE=1</c> makes it 4,000 topics, 500 and 10,000 partitions, and prints
/// how long each change takes.
/// </summary>
public sealed class TopicScaleTests(ITestOutputHelper output)
{
    private static readonly bool s_isLarge = Environment.GetEnvironmentVariable("ZURAU_SCALE") == "1";

    [Fact]
    public async Task Many_topics_are_created() // S15
    {
        int topics = s_isLarge ? 4000 : 20;
        using var directory = new TestDirectory(isChecked: false);
        await using Broker broker = Open(directory);
        Measure($"create {topics} topics", 1, _ =>
        {
            IReadOnlyList<ErrorResult> results = broker.CreateTopics([.. Enumerable.Range(0, topics).Select(static i => new NewTopic($"topic-{i}"))]);
            Assert.All(results, static result => Assert.True(result.IsSuccess));
        });
        Assert.Equal(topics, broker.ListTopics().Count);
    }

    [Fact]
    public async Task A_topic_of_many_partitions_is_deleted() // S15
    {
        int partitions = s_isLarge ? 500 : 20;
        using var directory = new TestDirectory(isChecked: false);
        await using Broker broker = Open(directory);
        Assert.True(broker.CreateTopic(new NewTopic("orders", partitions)).IsSuccess);
        for (int i = 0; i < partitions; i++)
        {
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(new TopicPartition("orders", i), Batches.Of("a"), Acks.Leader)).Error);
        }

        Measure($"delete {partitions} partitions", 1, _ => Assert.True(broker.DeleteTopicAsync("orders").AsTask().Result.IsSuccess));
        Assert.Empty(broker.ListTopics());
    }

    [Fact]
    public async Task Records_are_deleted_beside_many_partitions() // S15
    {
        int partitions = s_isLarge ? 10_000 : 20;
        using var directory = new TestDirectory(isChecked: false);
        await using Broker broker = Open(directory);
        Assert.True(broker.CreateTopic(new NewTopic("many", partitions)).IsSuccess);
        var partition = new TopicPartition("many", 7);
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(ErrorCode.None, (await broker.AppendAsync(partition, Batches.Of("a"), Acks.Leader)).Error);
        }

        Assert.True(broker.DeleteRecords(partition, 1).IsSuccess); // Which creates the journal.
        Measure($"DeleteRecords with {partitions} partitions", 100, i => Assert.True(broker.DeleteRecords(partition, i + 2).IsSuccess));
        Assert.Equal(101, broker.ListOffset(partition, ListedOffset.Earliest).Offset);
    }

    private static Broker Open(TestDirectory directory) =>
        Broker.Open(new BrokerSettings { Storage = new FileStorage(directory.Path, allowAnyFileSystem: true) });

    private void Measure(string what, int times, Action<int> act)
    {
        var each = new double[times];
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            act(i);
            each[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(each);
        output.WriteLine($"{what}: median {each[times / 2]:F2} ms, longest {each[^1]:F2} ms");
    }
}
