namespace Zurau.Consuming;

/// <summary>Calls the application's rebalance listener so that it may call the consumer.</summary>
internal sealed class GatedListener(ConsumerGate gate, IRebalanceListener listener) : IRebalanceListener
{
    /// <inheritdoc/>
    public ValueTask OnPartitionsAssignedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        gate.CallListenerAsync(listener.OnPartitionsAssignedAsync, partitions, cancellationToken);

    /// <inheritdoc/>
    public ValueTask OnPartitionsRevokedAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        gate.CallListenerAsync(listener.OnPartitionsRevokedAsync, partitions, cancellationToken);

    /// <inheritdoc/>
    public ValueTask OnPartitionsLostAsync(IReadOnlyCollection<TopicPartition> partitions, CancellationToken cancellationToken) =>
        gate.CallListenerAsync(listener.OnPartitionsLostAsync, partitions, cancellationToken);
}
