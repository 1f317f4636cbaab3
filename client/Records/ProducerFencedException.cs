namespace Zurau;

/// <summary>
/// A newer producer uses the same <c>transactional.id</c>, or a transaction timed out:
/// close this producer.
/// </summary>
public sealed class ProducerFencedException(ErrorCode error, string message, Exception? inner = null) : FatalKafkaException(error, message, inner);
