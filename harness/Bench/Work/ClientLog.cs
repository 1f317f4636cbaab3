using System.Globalization;
using Zurau.Embedded;
using Zurau.Engine.Storage;

namespace Zurau.Harness.Bench.Work;

/// <summary>An embedded engine in a directory of its own as a client sees it, and topics of one partition in it.</summary>
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

    /// <summary>Does something on a new topic and throws the topic away, without writing what is still in the page cache.</summary>
    internal Measurement OnNewTopic(int segmentBytes, Func<string, Measurement> work)
    {
        string topic = $"bench-{_topics++}";
        var configs = new Dictionary<string, string> { ["segment.bytes"] = segmentBytes.ToString(CultureInfo.InvariantCulture) };
        Transport.Admin.CreateTopicAsync(new NewTopic(topic, 1) { Configs = configs }).GetAwaiter().GetResult();
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

    /// <summary>Closes and deletes the directory.</summary>
    public void Dispose()
    {
        _storage.SkipsFlushes = true;
        Transport.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }
}
