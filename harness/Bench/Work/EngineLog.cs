using System.Globalization;
using Zurau.Engine;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>A broker in a new directory, with topics.</summary>
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

    /// <summary>Opens a directory; creates it if it does not exist.</summary>
    internal static EngineLog Open(string directory) => new(directory);

    /// <summary>Creates a topic without records.</summary>
    internal TopicPartition NewTopic(int segmentBytes, int partitions = 1)
    {
        string name = $"bench-{_topics++}";
        var topic = new NewTopic(name, partitions)
        {
            Configs = new Dictionary<string, string>
            {
                [TopicConfigs.SegmentBytes] = segmentBytes.ToString(CultureInfo.InvariantCulture),
                // Otherwise the pages of a deleted log would be written during the next
                // measurement.
                [TopicConfigs.FileDeleteDelayMs] = "0",
            },
        };
        Check(Broker.CreateTopic(topic));
        return new TopicPartition(name, 0);
    }

    /// <summary>
    /// Executes work on a new topic, then deletes the topic without writing its dirty
    /// pages.
    /// </summary>
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

    /// <summary>Closes the broker with a clean shutdown and keeps the directory.</summary>
    /// <param name="skipsFlushes">True to skip flushes: no power loss is measured.</param>
    internal void Close(bool skipsFlushes = false)
    {
        Storage.SkipsFlushes = skipsFlushes;
        Broker.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Closes the broker and deletes the directory.</summary>
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
