using Zurau;

namespace Orders;

/// <summary>Records what could not be billed, for people to check.</summary>
internal sealed class DeadLetterHandler(Ledger<DeadOrder> ledger, RunCounters counters)
{
    [KafkaListener("orders-dlt", GroupId = "billing-dlt")]
    public void Handle(
        Order order,
        [Header(KafkaHeaders.ExceptionMessage)] string reason,
        [Header(KafkaHeaders.OriginalPartition)] int partition,
        [Header(KafkaHeaders.OriginalOffset)] long offset,
        [Header(SourceHeaders.Line)] long sourceLine,
        IAcknowledgment acknowledgment)
    {
        var dead = new DeadOrder(order.OrderId, reason, sourceLine, partition, offset);
        ledger.Record(dead, isFirst =>
        {
            counters.CountDeadLettered(isFirst);
            acknowledgment.Acknowledge();
        });
    }
}
