using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>A broker in a directory of its own, and topics of one partition in it.</summary>
internal sealed class EngineLog : IDisposable
{
    private readonly string _directory;
    private int _topics;

    private EngineLog(string directory)
    {
        _directory = directory;
        Storage = new CountingStorage(new FileStorage(directory));
        Broker = Broker.Open(new BrokerSettings { Storage = Storage });
    }

    internal Broker Broker { get; }

    internal CountingStorage Storage { get; }

    /// <summary>Opens a directory, or makes it.</summary>
    internal static EngineLog Open(string directory) => new(directory);

    /// <summary>Makes a topic that nothing has been appended to.</summary>
    internal TopicPartition NewTopic(int segmentBytes, int partitions = 1)
    {
        string name = $"bench-{_topics++}";
        var topic = new NewTopic(name, partitions)
        {
            Configs = new Dictionary<string, string>
            {
                ["segment.bytes"] = segmentBytes.ToString(CultureInfo.InvariantCulture),
                ["file.delete.delay.ms"] = "0", // A deleted log's pages would be written out beside the next measurement.
            },
        };
        Check(Broker.CreateTopic(topic));
        return new TopicPartition(name, 0);
    }

    /// <summary>Does something on a new topic and throws the topic away, without writing what is still in the page cache.</summary>
    internal Measurement OnNewTopic(int segmentBytes, Func<TopicPartition, Measurement> work, int partitions = 1)
    {
        TopicPartition partition = NewTopic(segmentBytes, partitions);
        try
        {
            return work(partition);
        }
        finally
        {
            Storage.SkipsFlushes = true;
            Check(Broker.DeleteTopicAsync(partition.Topic).AsTask().GetAwaiter().GetResult());
            Storage.SkipsFlushes = false;
        }
    }

    /// <summary>Closes cleanly and keeps the directory.</summary>
    /// <param name="skipsFlushes">Leaves the flushes out: no power cut is measured.</param>
    internal void Close(bool skipsFlushes = false)
    {
        Storage.SkipsFlushes = skipsFlushes;
        Broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Closes and deletes the directory.</summary>
    public void Dispose()
    {
        Close(skipsFlushes: true);
        Directory.Delete(_directory, recursive: true);
    }

    internal static void Check(ErrorResult result)
    {
        if (!result.IsSuccess)
        {
            throw new InvalidOperationException($"{result.Error}: {result.Message}");
        }
    }
}
