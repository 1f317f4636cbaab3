using System.Collections.Concurrent;

namespace Zurau.Embedded.Producing;

/// <summary>The topics that a producer has sent to. Thread-safe.</summary>
/// <param name="create">Makes the queues of a topic; throws if the topic does not exist.</param>
internal sealed class ProducerTopics(Func<string, TopicQueues> create)
{
    private readonly ConcurrentDictionary<string, TopicQueues> _topics = new();
    private readonly Lock _lock = new();
    private volatile TopicQueues[] _all = [];
    private volatile TopicQueues? _last;
    private volatile bool _isClosed;

    internal TopicQueues[] All => _all;

    internal TopicQueues Get(string name)
    {
        TopicQueues? last = _last;
        if (last is not null && last.Name == name)
        {
            return last;
        }

        if (!_topics.TryGetValue(name, out TopicQueues? topic))
        {
            topic = Add(name);
        }

        _last = topic;
        return topic;
    }

    /// <summary>Adds no more topics.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    private TopicQueues Add(string name)
    {
        if (_isClosed)
        {
            throw RecordAccumulator.Closed();
        }

        TopicQueues added = create(name); // Not under the lock: it may create the topic.
        lock (_lock)
        {
            if (_isClosed)
            {
                throw RecordAccumulator.Closed();
            }

            if (!_topics.TryGetValue(name, out TopicQueues? topic))
            {
                topic = added;
                _topics[name] = topic;
                _all = [.. _all, topic];
            }

            return topic;
        }
    }
}
