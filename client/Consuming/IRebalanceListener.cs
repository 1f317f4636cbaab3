namespace Zurau;

/// <summary>Hears which partitions come and go. Called on the thread that polls or closes; a throw comes out there.</summary>
public interface IRebalanceListener
{
    /// <summary>Partitions were given to this consumer; positions may be set here.</summary>
    void OnPartitionsAssigned(IReadOnlyCollection<TopicPartition> partitions);

    /// <summary>Partitions are about to be taken; what was done may still be committed here.</summary>
    void OnPartitionsRevoked(IReadOnlyCollection<TopicPartition> partitions);
}
