using Zurau;

namespace Client.Tests.Support;

/// <summary>Records the calls of a rebalance listener.</summary>
internal sealed class NoteRebalances(Action<IReadOnlyCollection<TopicPartition>>? onAssigned = null, Action<IReadOnlyCollection<TopicPartition>>? onRevoked = null)
    : IRebalanceListener
{
    internal List<string> Heard { get; } = [];

    public void OnPartitionsAssigned(IReadOnlyCollection<TopicPartition> partitions)
    {
        Heard.Add($"assigned {string.Join(",", partitions)}");
        onAssigned?.Invoke(partitions);
    }

    public void OnPartitionsRevoked(IReadOnlyCollection<TopicPartition> partitions)
    {
        Heard.Add($"revoked {string.Join(",", partitions)}");
        onRevoked?.Invoke(partitions);
    }
}
