namespace Orders;

/// <summary>An order as a customer sent it: any field may be missing or make no sense.</summary>
internal sealed record Order
{
    public string? OrderId { get; init; }

    public string? Customer { get; init; }

    public string? Sku { get; init; }

    public int Quantity { get; init; }

    public decimal Price { get; init; }

    public string? Payment { get; init; }

    /// <summary>Returns what makes the order impossible to bill; null for a valid one.</summary>
    public string? Fault() => this switch
    {
        { OrderId: null or "" } => "the order has no orderId",
        { Customer: null or "" } => $"order {OrderId} has no customer",
        { Quantity: <= 0 } => $"order {OrderId} has quantity {Quantity}",
        { Sku: null or "" } => $"order {OrderId} has no sku",
        _ => null,
    };
}
