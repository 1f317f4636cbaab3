using BenchmarkDotNet.Attributes;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Log;
using Zurau.Engine.Storage;
using Zurau.Harness.Bench.Work;

namespace Zurau.Harness.Bench.Micro;

/// <summary>Measures one append of a batch, and one lookup in a full index.</summary>
public class LogBenchmarks
{
    private const int Entries = 100_000;
    private const int SegmentBytes = 256 * 1024 * 1024;

    private readonly TopicPartition _partition = new("bench", 0);
    private readonly OffsetIndex _index = new();
    private readonly Random _random = new(1);
    private Broker? _broker;
    private byte[] _batch = [];

    /// <summary>Opens a log in memory and fills an index.</summary>
    [GlobalSetup]
    public void SetUp()
    {
        _broker = Broker.Open(new BrokerSettings { Storage = new MemoryStorage() });
        _broker.CreateTopic(new NewTopic(_partition.Topic, 1) { Configs = new Dictionary<string, string> { [TopicConfigs.SegmentBytes] = $"{SegmentBytes}" } });
        _batch = EncodedBatches.Single(100).Batches[0];
        for (int i = 0; i < Entries; i++)
        {
            _index.Append(i * 40, i * 4096);
        }
    }

    /// <summary>Closes the log.</summary>
    [GlobalCleanup]
    public void CleanUp() => _broker!.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Validates, reserves, copies and publishes a batch of one record.</summary>
    [Benchmark(Description = "append of one record: check, reserve, copy, publish")]
    public long Append() => _broker!.AppendAsync(_partition, _batch, Acks.Leader).Result.BaseOffset;

    /// <summary>Finds the position at which the scan for an offset starts.</summary>
    [Benchmark(Description = "index lookup among 100,000 entries")]
    public int Lookup() => _index.FloorPosition(_random.Next(Entries * 40));
}
