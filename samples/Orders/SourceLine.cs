namespace Orders;

/// <summary>A line of the input.</summary>
/// <param name="Number">From 1; empty lines count.</param>
/// <param name="Order">The order; null where the line is none.</param>
/// <param name="Fault">Why the line is not an order.</param>
internal readonly record struct SourceLine(long Number, Order? Order, string? Fault);
