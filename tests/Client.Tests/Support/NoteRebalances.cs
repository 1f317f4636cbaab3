using Zurau;

namespace Client.Tests.Support;

/// <summary>Records the calls of a rebalance listener.</summary>
internal sealed class NoteRebalances(Action<IReadOnlyCollection<TopicPartition>>? onAssigned = null, Action<IReadOnlyCollection<TopicPartition>>? onRevoked = null)
    : IRebalanceListener
{
    internal List<string> Heard { get; } = [];

    public ValueTask OnPartitionsAssignedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        Heard.Add($"assigned {string.Join(",", partitions)}");
        onAssigned?.Invoke(partitions);
        return default;
    }

    public ValueTask OnPartitionsRevokedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        Heard.Add($"revoked {string.Join(",", partitions)}");
        onRevoked?.Invoke(partitions);
        return default;
    }
}
