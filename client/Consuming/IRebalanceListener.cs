namespace Zurau;

/// <summary>
/// Is notified of assigned, revoked and lost partitions during a poll, an assignment, an unsubscription or the close, which waits for it
/// and throws its exceptions. It may call the consumer, except for polling and closing it.
/// </summary>
public interface IRebalanceListener
{
    /// <summary>Partitions were assigned to this consumer; positions may be set here.</summary>
    ValueTask OnPartitionsAssignedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) => default;

    /// <summary>Partitions are about to be revoked; what was processed may still be committed here.</summary>
    ValueTask OnPartitionsRevokedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) => default;

    /// <summary>
    /// Partitions belong to another member already: commits are refused. Calls <see cref="OnPartitionsRevokedAsync"/> by default, as in
    /// Kafka.
    /// </summary>
    ValueTask OnPartitionsLostAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        OnPartitionsRevokedAsync(partitions, cancellationToken);
}
