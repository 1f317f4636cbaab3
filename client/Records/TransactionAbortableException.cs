namespace Zurau;

/// <summary>The transaction cannot be committed: abort it; the producer may begin a new one.</summary>
public sealed class TransactionAbortableException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
