using Zurau.Engine.Common;

namespace Zurau.Engine.Topics;

/// <summary>Which names a new topic may not have beside those of the topics that there are. One caller at a time.</summary>
internal sealed class TopicNames
{
    private readonly Dictionary<string, string> _inMetrics = new(StringComparer.Ordinal); // Names as metrics tell them apart.
    private readonly Dictionary<string, TopicDeletion> _deleting = new(StringComparer.Ordinal); // Deletions that may not be marked.

    /// <summary>Whether every deletion is marked: a topic of another one may come back.</summary>
    internal bool AreDeletionsMarked => _deleting.Values.All(static deletion => deletion.IsMarked);

    /// <summary>Says why a topic cannot have a name that no topic has.</summary>
    internal ErrorResult Check(string name) =>
        _deleting.TryGetValue(name, out TopicDeletion? deletion) && !deletion.IsMarked
            ? new ErrorResult(ErrorCode.TopicAlreadyExists, $"Topic '{name}' is still being deleted, as its folders could not be renamed yet; the log says why. Try again later.")
            : _inMetrics.TryGetValue(TopicName.InMetrics(name), out string? other)
            ? new ErrorResult(ErrorCode.InvalidTopicException, $"Topic '{name}' collides with '{other}': they differ only in '.' and '_', which metrics do not tell apart.")
            : ErrorResult.None;

    /// <summary>Takes a name for a topic.</summary>
    internal void Add(string name) => _inMetrics[TopicName.InMetrics(name)] = name;

    /// <summary>Gives a name back.</summary>
    internal void Remove(string name) => _inMetrics.Remove(TopicName.InMetrics(name));

    /// <summary>Keeps a name from new topics until a deletion is marked.</summary>
    internal void AddDeletion(string name, TopicDeletion deletion) => _deleting[name] = deletion;

    /// <summary>Forgets the deletion of an earlier topic: the name is in use again.</summary>
    internal void RemoveDeletion(string name) => _deleting.Remove(name);
}
