using System.Text.Json.Serialization;

namespace Orders;

/// <summary>One handling of a dead letter, a line of <c>dead-letters.ledger</c>.</summary>
/// <param name="OrderId">The order; null where it has none.</param>
/// <param name="Reason">Why it could not be billed.</param>
/// <param name="Line">The line of the source file.</param>
/// <param name="Partition">The partition of <c>orders</c> that it came from.</param>
/// <param name="Offset">Its offset there.</param>
/// <param name="Again">True when the dead letter had been handled before.</param>
internal sealed record DeadOrder(
    string? OrderId,
    string Reason,
    long Line,
    int Partition,
    long Offset,
    bool Again = false) : ILedgerEntry<DeadOrder>
{
    /// <summary>
    /// A crash between the dead letter's publish and the commit after it publishes it twice; both have the same origin.
    /// </summary>
    [JsonIgnore]
    public string Id => $"{Partition}@{Offset}";

    /// <inheritdoc/>
    public DeadOrder AsAgain() => this with { Again = true };
}
