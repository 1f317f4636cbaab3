namespace Orders;

/// <summary>The order will never be valid: listed under <c>NotRetryableExceptions</c>, so it is dead-lettered at once.</summary>
internal sealed class InvalidOrderException(string message) : Exception(message);
