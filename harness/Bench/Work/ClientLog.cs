using System.Globalization;
using Zurau.Embedded;
using Zurau.Engine.Common;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>
/// An embedded engine in a new directory, as a client sees it, with topics.
/// </summary>
internal sealed class ClientLog : IDisposable
{
    private readonly string _directory;
    private readonly CountingStorage _storage;
    private int _topics;

    private ClientLog(string directory)
    {
        _directory = directory;
        _storage = new CountingStorage(new FileStorage(directory));
        Transport = EmbeddedTransport.Open(_storage, new ZurauOptions());
    }

    internal EmbeddedTransport Transport { get; }

    internal static ClientLog Open(string directory) => new(directory);

    /// <summary>
    /// Fills a topic of one partition with encoded batches and opens it with a client.
    /// </summary>
    internal static (ClientLog Log, string Topic) Filled(string directory, Scale scale, EncodedBatches batches, long count)
    {
        EngineLog engine = EngineLog.Open(directory);
        TopicPartition partition = engine.NewTopic(scale.SegmentBytes);
        new Appender(engine.Broker, partition, Acking.Leader).AppendAll(batches.Batches, count);
        engine.Close();
        return (new ClientLog(directory), partition.Topic);
    }

    /// <summary>Creates a topic of one partition without records.</summary>
    internal string NewTopic(int segmentBytes)
    {
        string topic = $"client-{_topics++}";
        var configs = new Dictionary<string, string> { [TopicConfigs.SegmentBytes] = segmentBytes.ToString(CultureInfo.InvariantCulture) };
        Transport.Admin.CreateTopicAsync(new NewTopic(topic, 1) { Configs = configs }).GetAwaiter().GetResult();
        return topic;
    }

    /// <summary>
    /// Executes work on a new topic, then deletes the topic without writing its dirty
    /// pages.
    /// </summary>
    internal Measurement OnNewTopic(int segmentBytes, Func<string, Measurement> work)
    {
        string topic = NewTopic(segmentBytes);
        try
        {
            return work(topic);
        }
        finally
        {
            _storage.SkipsFlushes = true;
            Transport.Admin.DeleteTopicAsync(topic).GetAwaiter().GetResult();
            _storage.SkipsFlushes = false;
        }
    }

    /// <summary>Closes the engine and deletes the directory.</summary>
    public void Dispose()
    {
        _storage.SkipsFlushes = true;
        Transport.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }
}
