namespace Zurau;

/// <summary>
/// Is notified of assigned and revoked partitions, on the thread that polls or closes,
/// which also receives its exceptions.
/// </summary>
public interface IRebalanceListener
{
    /// <summary>Partitions were given to this consumer; positions may be set here.</summary>
    void OnPartitionsAssigned(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Partitions are about to be taken; what was done may still be committed here.</summary>
    void OnPartitionsRevoked(IReadOnlyCollection<TopicPartition> partitions);
}
