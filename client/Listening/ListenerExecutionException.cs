namespace Zurau;

/// <summary>
/// A handler failed on a record; the cause is what it threw. Logged, and named in <c>kafka_dlt-exception-fqcn</c> of dead letters, where
/// Spring names its ListenerExecutionFailedException.
/// </summary>
public sealed class ListenerExecutionException : Exception
{
    internal ListenerExecutionException(string method, Exception cause)
        : base($"Listener method '{method}' threw exception; {cause.Message}", cause)
    {
    }
}
