namespace Zurau;

/// <summary>A topic as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TopicId">Its id; a topic that is deleted and created again has another.</param>
/// <param name="Partitions">How many partitions it has.</param>
/// <param name="ReplicationFactor">As it was asked for; the embedded engine runs one copy.</param>
/// <param name="Configs">The settings that were set on the topic itself.</param>
/// <param name="IsInternal">True for <c>__consumer_offsets</c> and <c>__transaction_state</c>.</param>
public sealed record TopicDescription(
    string Name,
    Guid TopicId,
    int Partitions,
    short ReplicationFactor,
    IReadOnlyDictionary<string, string> Configs,
    bool IsInternal);
