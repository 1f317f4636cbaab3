namespace Zurau;

/// <summary>No answer came in time: the same call again finds out what became of it, or does it.</summary>
public sealed class TransactionRetriableException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
