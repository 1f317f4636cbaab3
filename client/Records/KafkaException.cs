namespace Zurau;

/// <summary>
/// A Kafka operation failed. The message names the thing, the value and the way out. Its type says what to do:
/// <see cref="RetriableKafkaException"/>, <see cref="AbortableKafkaException"/> and <see cref="FatalKafkaException"/>; where it is none of
/// them, the same call will fail again and others need not.
/// </summary>
public class KafkaException(ErrorCode error, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Kafka's error code.</summary>
    public ErrorCode Error { get; } = error;

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsRetriable => Error.IsRetriable();

    /// <summary>Makes the exception whose type the error code asks for.</summary>
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
