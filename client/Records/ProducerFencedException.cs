namespace Zurau;

/// <summary>A newer producer has the same <c>transactional.id</c>, or a transaction was open for too long: this one must be closed.</summary>
public sealed class ProducerFencedException(ErrorCode error, string message, Exception? inner = null) : FatalKafkaException(error, message, inner);
