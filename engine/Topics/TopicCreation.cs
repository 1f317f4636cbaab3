using Zurau.Engine.Common;

namespace Zurau.Engine.Topics;

/// <summary>A request to create topics, and what became of each.</summary>
internal sealed class TopicCreation(IReadOnlyList<NewTopic> topics)
{
    internal IReadOnlyList<NewTopic> Wanted => topics;

    /// <summary>By the places of <see cref="Wanted"/>.</summary>
    internal ErrorResult[] Results { get; } = new ErrorResult[topics.Count];

    /// <summary>The topics that were created, or had the name already; null for others.</summary>
    internal Topic?[] Topics { get; } = new Topic?[topics.Count];

    /// <summary>Whether it is answered. Set under the lock for topic changes.</summary>
    internal bool IsDone { get; set; }
}
