namespace Zurau;

/// <summary>
/// A Kafka operation failed. The message names the thing, the value and the way out.
/// The type determines the reaction: <see cref="RetriableKafkaException"/>,
/// <see cref="AbortableKafkaException"/> or <see cref="FatalKafkaException"/>; for any
/// other type, the same call will fail again, but other calls may succeed.
/// </summary>
public class KafkaException(ErrorCode error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Gets Kafka's error code.</summary>
    public ErrorCode Error { get; } = error;

    /// <summary>Gets whether the same call may succeed later.</summary>
    public bool IsRetriable => Error.IsRetriable();

    /// <summary>Creates the exception type for an error code.</summary>
    public static KafkaException For(ErrorCode error, string message, Exception? inner = null) => error switch
    {
        ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch => new ProducerFencedException(error, message, inner),
        ErrorCode.InvalidProducerIdMapping
            or ErrorCode.TransactionalIdAuthorizationFailed
            or ErrorCode.ClusterAuthorizationFailed
            or ErrorCode.UnsupportedVersion
            or ErrorCode.UnsupportedForMessageFormat => new FatalKafkaException(error, message, inner),
        ErrorCode.TransactionAbortable or ErrorCode.OutOfOrderSequenceNumber or ErrorCode.UnknownProducerId => new AbortableKafkaException(error, message, inner),
        _ => error.IsRetriable() ? new RetriableKafkaException(error, message, inner) : new KafkaException(error, message, inner),
    };
}
