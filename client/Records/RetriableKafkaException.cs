namespace Zurau;

/// <summary>
/// The same call may succeed later. The producer has already retried within its
/// settings.
/// </summary>
public sealed class RetriableKafkaException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
