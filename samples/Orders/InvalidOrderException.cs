using Zurau;

namespace Orders;

/// <summary>The order will never be valid: it is dead-lettered at once.</summary>
internal sealed class InvalidOrderException(string message) : NotRetryableException(message);
