using Zurau;

namespace Orders;

/// <summary>
/// Bills orders. An order is acknowledged only when it is on disk in the ledger: a crash means a second delivery, never
/// a lost order.
/// </summary>
internal sealed class OrderHandler(Ledger<BilledOrder> ledger, RunCounters counters)
{
    [KafkaListener("orders", GroupId = "billing")]
    public void Handle(
        ConsumerRecord<string?, Order> record,
        [Header(SourceHeaders.Line)] long sourceLine,
        [Header(KafkaHeaders.DeliveryAttempt)] int attempt,
        IAcknowledgment acknowledgment)
    {
        if (attempt > 1)
        {
            counters.CountRetried();
        }

        Order order = record.Value;
        if (order.Fault() is string fault)
        {
            throw new InvalidOrderException(fault); // Not retryable: straight to orders-dlt.
        }

        decimal amount = Charge(order, attempt); // May throw: retried, and after ten deliveries on to orders-dlt.
        var billed = new BilledOrder(
            order.OrderId!,
            order.Customer!,
            amount,
            sourceLine,
            record.Partition,
            record.Offset,
            attempt);

        // The handler returns before the entry is on disk, so that many entries share a flush. Offsets are
        // committed in order, never past an order without its acknowledgment.
        ledger.Record(billed, isFirst =>
        {
            counters.CountHandled(isFirst);
            acknowledgment.Acknowledge();
        });
    }

    private static decimal Charge(Order order, int attempt) => order switch
    {
        { Sku: "discontinued" } => throw new UnknownSkuException(order.Sku),
        { Payment: "slow" } when attempt <= 2 => throw new PaymentTimeoutException(order.OrderId!, attempt),
        _ => order.Quantity * order.Price,
    };
}
