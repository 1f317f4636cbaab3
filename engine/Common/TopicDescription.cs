namespace Zurau;

/// <summary>Describes a topic.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TopicId">Its id; changes if the topic is deleted and created again.</param>
/// <param name="Partitions">Number of partitions.</param>
/// <param name="ReplicationFactor">The requested factor; the embedded engine has one
/// replica.</param>
/// <param name="Configs">The settings of the topic itself.</param>
/// <param name="IsInternal">True for <c>__consumer_offsets</c> and
/// <c>__transaction_state</c>.</param>
public sealed record TopicDescription(
    string Name,
    Guid TopicId,
    int Partitions,
    short ReplicationFactor,
    IReadOnlyDictionary<string, string> Configs,
    bool IsInternal);
