using Zurau;

namespace Client.Tests.Docs;

/// <summary>An order of the documentation's examples.</summary>
public sealed record Order(string Id, int Quantity);

/// <summary>
/// The ledger of the documentation's examples: every second attempt to bill an order
/// succeeds.
/// </summary>
public sealed class Ledger
{
    private readonly HashSet<string> _busy = [];

    /// <summary>Orders that were billed, in order.</summary>
    public List<string> Billed { get; } = [];

    /// <summary>Bills an order; false when the ledger is busy.</summary>
    public ValueTask<bool> TryBillAsync(Order order, string? customer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_busy.Add(order.Id))
        {
            return ValueTask.FromResult(false);
        }

        Billed.Add($"{customer}: {order.Id}");
        return ValueTask.FromResult(true);
    }
}

/// <summary>The handler of the documentation's examples.</summary>
public sealed class OrderHandler(Ledger ledger)
{
    [KafkaListener("orders", GroupId = "billing")]
    public async Task Handle(
        Order order,
        [Key] string? customer,
        [Header(KafkaHeaders.Offset)] long offset,
        IAcknowledgment acknowledgment,
        CancellationToken cancellationToken)
    {
        if (order.Quantity <= 0)
        {
            throw new NotRetryableException($"Order {order.Id} at offset {offset} has quantity {order.Quantity}.");
        }

        if (!await ledger.TryBillAsync(order, customer, cancellationToken))
        {
            acknowledgment.Nack(TimeSpan.FromMilliseconds(50)); // This record and those after it in its partition are delivered again.
            return;
        }

        acknowledgment.Acknowledge();
    }
}
