using System.Text.RegularExpressions;
using Zurau.Engine.Common;
using Zurau.Transport;

namespace Zurau.Embedded.Consuming;

/// <summary>
/// The partitions of one consumer: those of its topics, which are added as topics are created, or explicitly assigned ones. A change of
/// a subscription's partitions is an event with two steps: <see cref="TryChange"/> reports it, <see cref="Complete"/> ends it.
/// </summary>
internal sealed class PartitionAssignment(EmbeddedTopics topics, bool mayCreateTopics, TimeProvider time)
{
    // How often the topics are listed for a pattern; named ones are found at each poll.
    private static readonly TimeSpan s_patternInterval = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<TopicPartition, PartitionPosition> _positions = new(Comparer<TopicPartition>.Create(Compare));

    // The subscribed topics whose partitions are assigned.
    private readonly HashSet<string> _found = [];

    // The positions in their order; null after a change. Every fetch reads all of them.
    private PartitionPosition[]? _ordered;
    private bool _isSubscribed;
    private string[] _subscribed = [];
    private Regex? _pattern;
    private long? _listedAt;

    // Whether the topics of the subscription were searched before: those that are found later are new.
    private bool _hasSearched;

    // Reported and not completed.
    private ConsumerEvent _change;

    internal IReadOnlyCollection<TopicPartition> Partitions => _positions.Keys;

    internal ReadOnlySpan<PartitionPosition> Positions => _ordered ??= [.. _positions.Values];

    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    internal PartitionPosition Get(TopicPartition partition) => Find(partition)
        ?? throw new InvalidOperationException(
            $"Partition {partition} is not assigned to this consumer; it has " +
            $"{(_positions.Count == 0 ? "none" : string.Join(", ", _positions.Keys))}.");

    internal PartitionPosition? Find(TopicPartition partition) => _positions.GetValueOrDefault(partition);

    /// <exception cref="KafkaException">A topic's name is invalid.</exception>
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

    /// <summary>Replaces the subscription; <see cref="TryChange"/> reports what that changes.</summary>
    internal void Subscribe(Subscription subscription)
    {
        if (!_isSubscribed)
        {
            Clear();
        }

        _isSubscribed = true;
        _subscribed = [.. subscription.Topics];
        _pattern = subscription.Pattern;
        _listedAt = null;
        _hasSearched = false;
    }

    /// <summary>Assigns exactly these partitions; those that were assigned explicitly before keep their positions.</summary>
    internal void Assign(IEnumerable<TopicPartition> partitions)
    {
        if (_isSubscribed)
        {
            Clear();
        }

        TopicPartition[] wanted = [.. partitions];
        Remove(_positions.Keys.Except(wanted).ToArray());
        foreach (TopicPartition partition in wanted)
        {
            _positions.TryAdd(partition, new PartitionPosition(partition));
        }

        _ordered = null;
    }

    /// <summary>Drops all partitions and the subscription.</summary>
    internal void Clear()
    {
        _positions.Clear();
        _ordered = null;
        _isSubscribed = false;
        _subscribed = [];
        _pattern = null;
        _found.Clear();
        _change = default;
    }

    /// <summary>
    /// Reports the next change of a subscription's partitions: first those to revoke, then those of topics that exist now.
    /// </summary>
    /// <exception cref="InvalidOperationException">The last change is not completed.</exception>
    internal bool TryChange(out ConsumerEvent change)
    {
        if (_change.Kind != ConsumerEventKind.None)
        {
            throw new InvalidOperationException("The last rebalance is not completed: the consumer cannot be polled inside of it.");
        }

        MatchTopics();
        if (!_isSubscribed || (_subscribed.Length == _found.Count && _found.IsSupersetOf(_subscribed)))
        {
            change = default;
            return false;
        }

        _found.IntersectWith(_subscribed);
        TopicPartition[] revoked = [.. _positions.Keys.Where(partition => !_found.Contains(partition.Topic))];
        if (revoked.Length > 0)
        {
            _change = ConsumerEvent.Revoking(revoked);
        }
        else if (AddFound() is { Count: > 0 } added)
        {
            _change = ConsumerEvent.Assigned(added);
        }

        change = _change;
        return change.Kind != ConsumerEventKind.None;
    }

    /// <summary>Ends the reported change: revoked partitions are removed.</summary>
    internal void Complete()
    {
        if (_change.Kind == ConsumerEventKind.Revoking)
        {
            Remove(_change.Partitions);
        }

        _change = default;
    }

    /// <summary>
    /// Notes that a topic was deleted: a subscription revokes its partitions, and a topic that is created with the name is assigned
    /// again. Returns false for explicitly assigned partitions, which stay.
    /// </summary>
    internal bool Lose(string topic)
    {
        _found.Remove(topic);
        return _isSubscribed;
    }

    private static int Compare(TopicPartition left, TopicPartition right)
    {
        int byTopic = string.CompareOrdinal(left.Topic, right.Topic);
        return byTopic != 0 ? byTopic : left.Partition.CompareTo(right.Partition);
    }

    private void MatchTopics()
    {
        if (_pattern is null || (_listedAt is { } listedAt && time.GetElapsedTime(listedAt) < s_patternInterval))
        {
            return;
        }

        _listedAt = time.GetTimestamp();
        _subscribed = [.. topics.Names().Where(name => _pattern.IsMatch(name))];
    }

    private List<TopicPartition> AddFound()
    {
        var added = new List<TopicPartition>();
        foreach (string name in _subscribed)
        {
            if (!_found.Contains(name) && topics.Find(name, mayCreateTopics && _pattern is null, out TopicDescription? topic).IsSuccess && topic is not null)
            {
                _found.Add(name);
                added.AddRange(Enumerable.Range(0, topic.Partitions).Select(partition => new TopicPartition(name, partition)));
            }
        }

        foreach (TopicPartition partition in added)
        {
            _positions[partition] = new PartitionPosition(partition) { IsNew = _hasSearched };
        }

        _hasSearched = true;
        _ordered = null;
        return added;
    }

    private void Remove(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _positions.Remove(partition);
        }

        _ordered = null;
    }
}
