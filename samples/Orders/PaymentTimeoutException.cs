namespace Orders;

/// <summary>The payment provider did not answer in time.</summary>
internal sealed class PaymentTimeoutException(string orderId, int attempt)
    : Exception($"the payment provider did not answer for order {orderId} (attempt {attempt})");
