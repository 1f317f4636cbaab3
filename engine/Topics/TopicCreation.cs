using Zurau.Engine.Common;

namespace Zurau.Engine.Topics;

/// <summary>A request to create topics, with the results.</summary>
internal sealed class TopicCreation(IReadOnlyList<NewTopic> topics)
{
    internal IReadOnlyList<NewTopic> Wanted => topics;

    /// <summary>The results, parallel to <see cref="Wanted"/>.</summary>
    internal ErrorResult[] Results { get; } = new ErrorResult[topics.Count];

    /// <summary>The topics that were created or existed already; null for others.</summary>
    internal Topic?[] Topics { get; } = new Topic?[topics.Count];

    /// <summary>Whether it is completed. Set under the lock for topic changes.</summary>
    internal bool IsDone { get; set; }
}
