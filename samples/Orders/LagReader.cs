using Zurau;

namespace Orders;

/// <summary>Reads how far the two listeners are.</summary>
internal sealed class LagReader(IKafkaAdmin admin)
{
    /// <summary>
    /// Reads both topics, orders first: a dead letter is published before its order is committed, so when the orders are done, no new
    /// dead letter can come.
    /// </summary>
    public async Task<IReadOnlyList<PartitionLag>> ReadAsync(CancellationToken cancellationToken) =>
    [
        .. await ReadAsync("orders", "billing", cancellationToken),
        .. await ReadAsync("orders-dlt", "billing-dlt", cancellationToken),
    ];

    private async Task<IReadOnlyList<PartitionLag>> ReadAsync(string topic, string group, CancellationToken cancellationToken)
    {
        IReadOnlyList<OffsetRange> ranges = await admin.ListOffsetsAsync(topic, cancellationToken);
        IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> committed = await admin.ListConsumerGroupOffsetsAsync(group, cancellationToken);
        return
        [
            .. ranges.Select((range, number) =>
            {
                var partition = new TopicPartition(topic, number);
                return new PartitionLag(partition, range, committed.TryGetValue(partition, out OffsetAndMetadata offset) ? offset.Offset : null);
            }),
        ];
    }
}
