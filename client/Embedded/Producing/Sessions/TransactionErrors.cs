namespace Zurau.Embedded.Producing.Sessions;

/// <summary>Tells what a transactional producer can do about an error, by the type of its exception.</summary>
internal static class TransactionErrors
{
    /// <summary>No further request of this producer can succeed.</summary>
    internal static bool IsFatal(ErrorCode error) => error is
        ErrorCode.ProducerFenced
        or ErrorCode.TransactionalIdAuthorizationFailed
        or ErrorCode.ClusterAuthorizationFailed
        or ErrorCode.UnsupportedVersion
        or ErrorCode.InvalidProducerIdMapping
        or ErrorCode.InvalidTransactionTimeout
        or ErrorCode.InvalidRequest;

    internal static KafkaException Fatal(ErrorCode error, string message, Exception? cause = null) => error is ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch
        ? new ProducerFencedException(error, message, cause)
        : new FatalKafkaException(error, message, cause);
}
