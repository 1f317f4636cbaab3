namespace Orders;

/// <summary>The run cannot go on; the message is one line that says why and what to do.</summary>
internal sealed class OrdersException(string message) : Exception(message);
