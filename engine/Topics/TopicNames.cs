using Zurau.Engine.Common;

namespace Zurau.Engine.Topics;

/// <summary>Reserves topic names and detects collisions. One caller at a time.</summary>
internal sealed class TopicNames
{
    private readonly Dictionary<string, string> _inMetrics = new(StringComparer.Ordinal); // By name in metrics.
    private readonly Dictionary<string, TopicDeletion> _deleting = new(StringComparer.Ordinal); // Deletions that may not be durable yet.

    /// <summary>
    /// True if every deletion is durable: otherwise a restart may restore the topic.
    /// </summary>
    internal bool AreDeletionsMarked => _deleting.Values.All(static deletion => deletion.IsMarked);

    /// <summary>Returns why a new topic cannot have a name.</summary>
    internal ErrorResult Check(string name) =>
        _deleting.TryGetValue(name, out TopicDeletion? deletion) && !deletion.IsMarked
            ? new ErrorResult(ErrorCode.TopicAlreadyExists, $"Topic '{name}' is still being deleted, because its folders could not be renamed yet; the engine's log contains the reason. Try again later.")
            : _inMetrics.TryGetValue(TopicName.InMetrics(name), out string? other)
            ? new ErrorResult(ErrorCode.InvalidTopicException, $"Topic '{name}' collides with '{other}': they differ only in '.' and '_', which metrics do not distinguish.")
            : ErrorResult.None;

    /// <summary>Reserves a name for a topic.</summary>
    internal void Add(string name) => _inMetrics[TopicName.InMetrics(name)] = name;

    /// <summary>Releases a name.</summary>
    internal void Remove(string name) => _inMetrics.Remove(TopicName.InMetrics(name));

    /// <summary>Reserves a name until its topic's deletion is durable.</summary>
    internal void AddDeletion(string name, TopicDeletion deletion) => _deleting[name] = deletion;

    /// <summary>Removes the deletion of an earlier topic: the name is in use again.</summary>
    internal void RemoveDeletion(string name) => _deleting.Remove(name);
}
