namespace Zurau;

/// <summary>A Kafka operation failed. The message names the thing, the value and the way out.</summary>
public class KafkaException(ErrorCode error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Kafka's error code.</summary>
    public ErrorCode Error { get; } = error;

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsRetriable => Error.IsRetriable();
}
