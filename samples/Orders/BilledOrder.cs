using System.Text.Json.Serialization;

namespace Orders;

/// <summary>One handling of an order, a line of <c>orders.ledger</c>.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="Customer">Who pays.</param>
/// <param name="Amount">How much.</param>
/// <param name="Line">The line of the source file.</param>
/// <param name="Partition">The partition that the order came from.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="Attempt">Which delivery succeeded, from 1.</param>
/// <param name="Again">True when the order had been handled before: it was delivered again and is not charged again.</param>
internal sealed record BilledOrder(
    string OrderId,
    string Customer,
    decimal Amount,
    long Line,
    int Partition,
    long Offset,
    int Attempt,
    bool Again = false) : ILedgerEntry<BilledOrder>
{
    /// <inheritdoc/>
    [JsonIgnore]
    public string Id => OrderId;

    /// <inheritdoc/>
    public BilledOrder AsAgain() => this with { Again = true };
}
