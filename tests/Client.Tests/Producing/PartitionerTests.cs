using System.Globalization;
using System.Text;
using Client.Tests.Support;
using Zurau;
using Zurau.Producing;

namespace Client.Tests.Producing;

/// <summary>
/// Where records go: keys land where other clients put them, and what has no key fills
/// whole batches.
/// </summary>
public class PartitionerTests
{
    [Fact]
    public void Keys_land_where_librdkafka_puts_them()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", "librdkafka", "partitioners.csv"));
        Assert.True(lines.Length > 600);
        string[] names = lines[0].Split(',')[1..];
        foreach (string[] row in lines.Skip(1).Select(line => line.Split(',')))
        {
            byte[] key = Convert.FromHexString(row[0]);
            for (int i = 0; i < names.Length; i++)
            {
                string[] name = names[i].Split('_');
                PartitionerType type = Enum.Parse<PartitionerType>(name[0], ignoreCase: true);
                int count = int.Parse(name[1], CultureInfo.InvariantCulture);
                int expected = int.Parse(row[i + 1], CultureInfo.InvariantCulture);
                Assert.Equal(expected, Choose(type, key, count));
                if (key.Length > 0)
                {
                    Assert.Equal(expected, Choose(type switch
                    {
                        PartitionerType.Consistent => PartitionerType.ConsistentRandom,
                        PartitionerType.Murmur2 => PartitionerType.Murmur2Random,
                        _ => PartitionerType.Fnv1aRandom,
                    }, key, count));
                }
            }
        }
    }

    [Theory]
    [InlineData("a", 3904355907)]
    [InlineData("abc", 891568578)]
    [InlineData("foobar", 2666930069)]
    [InlineData("kafka", 1539077399)]
    [InlineData("k1", 2517541033)]
    [InlineData("123456789", 0xCBF43926)]
    public void Crc32_is_zlib_s(string key, uint expected) => Assert.Equal(expected, KeyHash.Crc32(Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData(PartitionerType.Default, -1, 9)]
    [InlineData(PartitionerType.Murmur2, 9, 9)]
    [InlineData(PartitionerType.Murmur2Random, -1, 9)]
    [InlineData(PartitionerType.Consistent, 0, 0)]
    [InlineData(PartitionerType.ConsistentRandom, -1, -1)]
    [InlineData(PartitionerType.Fnv1a, 3, 3)]
    [InlineData(PartitionerType.Fnv1aRandom, -1, 3)]
    public void Null_and_empty_keys_go_where_each_client_sends_them(PartitionerType type, int ofNull, int ofEmpty)
    {
        Assert.Equal(ofNull, Choose(type, null, 12));
        Assert.Equal(ofEmpty, Choose(type, [], 12));
    }

    [Fact]
    public async Task Round_robin_takes_each_partition_in_turn_whatever_the_key()
    {
        var fixture = new ProducerFixture(new ProducerOptions { Partitioner = PartitionerType.RoundRobin }, partitions: 3);
        var partitions = new List<int>();
        for (int i = 0; i < 7; i++)
        {
            partitions.Add((await fixture.SendAsync("v", i % 2 == 0 ? "same" : null).Limit()).TopicPartition.Partition);
        }

        Assert.Equal([0, 1, 2, 0, 1, 2, 0], partitions);
    }

    [Fact]
    public async Task Random_spreads_one_key_over_all_partitions()
    {
        var fixture = new ProducerFixture(new ProducerOptions { Partitioner = PartitionerType.Random }, partitions: 4);
        for (int i = 0; i < 200; i++)
        {
            await fixture.SendAsync("v", "same").Limit();
        }

        Assert.All(Enumerable.Range(0, 4), partition => Assert.InRange(fixture.Log.Records(partition).Count, 20, 90));
    }

    [Fact]
    public async Task A_function_or_a_class_of_one_s_own_chooses_and_may_leave_it_to_the_producer()
    {
        var fixture = new ProducerFixture(
            new ProducerOptions { PartitionerFunction = static (topic, key, isKeyNull, count) => isKeyNull ? IPartitioner.Any : key[0] == 'x' ? count : count - 1 },
            partitions: 5);
        Assert.Equal(4, (await fixture.SendAsync("v", "a").Limit()).TopicPartition.Partition);
        Assert.InRange((await fixture.SendAsync("v").Limit()).TopicPartition.Partition, 0, 4);
        KafkaException error = await Assert.ThrowsAnyAsync<KafkaException>(() => fixture.SendAsync("v", "x").Limit());
        Assert.Equal("topic 'orders' has 5 partitions; partition 5 does not exist", error.Message);

        fixture = new ProducerFixture(new ProducerOptions { CustomPartitioner = new Second() }, partitions: 5);
        Assert.Equal(1, (await fixture.SendAsync("v", "a").Limit()).TopicPartition.Partition);
    }

    [Fact]
    public void Keys_that_are_ignored_fill_batches_like_none()
    {
        var fixture = new ProducerFixture(new ProducerOptions { PartitionerIgnoreKeys = true, BatchSize = 1000 }, partitions: 3);
        for (int i = 0; i < 5; i++)
        {
            fixture.Send("v", $"{i}");
        }

        fixture.Producer.Flush();
        Assert.Equal(1, fixture.Log.AppendCount);
    }

    [Fact]
    public void A_lagging_partition_gets_fewer_records_without_a_key()
    {
        Assert.InRange(ShareOfStuckPartition(isAdaptive: false), 0.2, 0.5);
        Assert.InRange(ShareOfStuckPartition(isAdaptive: true), 0, 0.15);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_partitioner_is_asked_once_for_a_record_that_waits_for_the_buffer(bool isBlocking) // F17
    {
        var partitioner = new InTurn();
        var fixture = new ProducerFixture(
            new ProducerOptions { CustomPartitioner = partitioner, BatchSize = 1000, BufferMemory = 1000, LingerMs = 0 }, partitions: 3);
        fixture.Log.HoldsPartition = partition => partition == 0;
        Task<RecordMetadata> first = fixture.SendAsync("a").AsTask();
        Task second = isBlocking ? Task.Run(() => fixture.Send("b")) : fixture.SendAsync("b").AsTask();
        Within.Until(() => fixture.Log.Time.TimerCount == 1, "the wait for memory");
        fixture.Log.ReleaseOne();
        await Task.WhenAll(first, second).Limit();
        await fixture.SendAsync("c").Limit();
        Assert.Equal([["a"], ["b"], ["c"]], Enumerable.Range(0, 3).Select(partition => fixture.Log.Values(partition)));
        Assert.Equal(3, partitioner.Asked);
    }

    [Fact]
    public void A_partitioner_that_leaves_the_choice_is_asked_once_also_if_the_partition_changes() // F17
    {
        var partitioner = new InTurn(isAny: true);
        var fixture = new ProducerFixture(new ProducerOptions { CustomPartitioner = partitioner, BatchSize = 1000 }, partitions: 5);
        for (int i = 0; i < 100; i++)
        {
            fixture.Send(new string('x', 90));
        }

        fixture.Producer.Flush();
        Assert.Equal(100, Enumerable.Range(0, 5).Sum(partition => fixture.Log.Records(partition).Count));
        Assert.True(fixture.Log.AppendCount > 5);
        Assert.Equal(100, partitioner.Asked);
    }

    // Partition 0 answers nothing, the two others at once.
    private static double ShareOfStuckPartition(bool isAdaptive)
    {
        var fixture = new ProducerFixture(new ProducerOptions { BatchSize = 500, LingerMs = 0, PartitionerAdaptivePartitioningEnable = isAdaptive }, partitions: 3);
        fixture.Log.HoldsPartition = static partition => partition == 0;
        for (int i = 0; i < 20; i++)
        {
            fixture.Producer.Send(new ProducerRecord<string?, string?>("orders", null, "stuck") { Partition = 0 });
        }

        int before = fixture.Log.Records(0).Count;
        for (int i = 0; i < 3000; i++)
        {
            fixture.Send(new string('x', 90));
        }

        return (fixture.Log.Records(0).Count - before) / 3000.0;
    }

    private static int Choose(PartitionerType type, byte[]? key, int count) =>
        Partitioners.For(new ProducerOptions { Partitioner = type }, 0).Choose("orders", key, key is null, count);

    private sealed class InTurn(bool isAny = false) : IPartitioner
    {
        private int _asked;

        internal int Asked => _asked;

        public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount)
        {
            int number = Interlocked.Increment(ref _asked) - 1;
            return isAny ? IPartitioner.Any : number % partitionCount;
        }
    }

    private sealed class Second : IPartitioner
    {
        public int Choose(string topic, ReadOnlySpan<byte> key, bool isKeyNull, int partitionCount) => 1;
    }
}
