namespace Orders;

/// <summary>The run cannot continue; the message is one line with the reason and the way out.</summary>
internal sealed class OrdersException(string message) : Exception(message);
