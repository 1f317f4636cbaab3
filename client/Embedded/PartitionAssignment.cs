using Zurau.Engine.Common;

namespace Zurau.Embedded;

/// <summary>
/// The partitions of one consumer: those of its topics, which come as topics come into being, or those it took itself. Tells the
/// rebalance listener what comes and goes.
/// </summary>
internal sealed class PartitionAssignment(EmbeddedTopics topics, bool mayCreateTopics)
{
    private readonly SortedDictionary<TopicPartition, PartitionPosition> _positions = new(Comparer<TopicPartition>.Create(Compare));
    private readonly HashSet<string> _found = [];

    // The positions in their order; null once some came or went. Every fetch looks at all of them.
    private PartitionPosition[]? _ordered;
    private string[] _subscribed = [];
    private IRebalanceListener? _listener;

    internal IReadOnlyCollection<TopicPartition> Partitions => _positions.Keys;

    internal ReadOnlySpan<PartitionPosition> Positions => _ordered ??= [.. _positions.Values];

    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    internal PartitionPosition Get(TopicPartition partition) => Find(partition)
        ?? throw new InvalidOperationException(
            $"Partition {partition} is not assigned to this consumer; it has " +
            $"{(_positions.Count == 0 ? "none" : string.Join(", ", _positions.Keys))}.");

    internal PartitionPosition? Find(TopicPartition partition) => _positions.GetValueOrDefault(partition);

    /// <exception cref="KafkaException">A topic's name is forbidden.</exception>
    internal void Check(IReadOnlyCollection<string> names)
    {
        foreach (string name in names)
        {
            ErrorResult result = topics.Find(name, mayCreate: false, out _);
            if (result.Error == ErrorCode.InvalidTopicException)
            {
                throw KafkaException.For(result.Error, result.Message ?? $"'{name}' is not a valid topic name.");
            }
        }
    }

    /// <summary>Takes topics; what that changes happens in <see cref="Update"/>.</summary>
    internal void Subscribe(IReadOnlyCollection<string> names, IRebalanceListener? listener)
    {
        if (_subscribed.Length == 0)
        {
            // Partitions that were taken by hand are not a listener's business.
            _positions.Clear();
            _ordered = null;
        }

        _subscribed = [.. names.Distinct()];
        _listener = listener;
    }

    internal void Assign(IReadOnlyCollection<TopicPartition> partitions)
    {
        if (_subscribed.Length > 0)
        {
            Clear();
        }

        foreach (TopicPartition gone in _positions.Keys.Except(partitions).ToArray())
        {
            _positions.Remove(gone);
        }

        foreach (TopicPartition partition in partitions)
        {
            _positions.TryAdd(partition, new PartitionPosition(partition));
        }

        _ordered = null;
    }

    /// <summary>Gives everything up; the listener hears it first, while the partitions are still there.</summary>
    internal void Clear()
    {
        Remove([.. _positions.Keys]);
        _subscribed = [];
        _found.Clear();
        _listener = null;
    }

    /// <summary>Gives up topics that are not subscribed any more and takes those that have come into being.</summary>
    internal void Update()
    {
        if (_subscribed.Length != _found.Count || !_found.IsSupersetOf(_subscribed))
        {
            Change();
        }
    }

    /// <summary>Gives up a topic that was deleted; one of the same name is taken when it comes.</summary>
    internal void Lose(string topic)
    {
        if (_found.Remove(topic))
        {
            Remove([.. _positions.Keys.Where(partition => partition.Topic == topic)]);
        }
    }

    private static int Compare(TopicPartition left, TopicPartition right)
    {
        int byTopic = string.CompareOrdinal(left.Topic, right.Topic);
        return byTopic != 0 ? byTopic : left.Partition.CompareTo(right.Partition);
    }

    private void Change()
    {
        string[] unsubscribed = [.. _found.Except(_subscribed)];
        if (unsubscribed.Length > 0)
        {
            _found.ExceptWith(unsubscribed);
            Remove([.. _positions.Keys.Where(partition => unsubscribed.Contains(partition.Topic))]);
        }

        var added = new List<TopicPartition>();
        foreach (string name in _subscribed)
        {
            if (!_found.Contains(name) && topics.Find(name, mayCreateTopics, out TopicDescription? topic).IsSuccess && topic is not null)
            {
                _found.Add(name);
                added.AddRange(Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(name, partition)));
            }
        }

        foreach (TopicPartition partition in added)
        {
            _positions[partition] = new PartitionPosition(partition);
        }

        _ordered = null;
        if (added.Count > 0)
        {
            _listener?.OnPartitionsAssigned(added);
        }
    }

    private void Remove(IReadOnlyCollection<TopicPartition> partitions)
    {
        try
        {
            if (partitions.Count > 0)
            {
                _listener?.OnPartitionsRevoked(partitions);
            }
        }
        finally
        {
            foreach (TopicPartition partition in partitions)
            {
                _positions.Remove(partition);
            }

            _ordered = null;
        }
    }
}
