namespace Zurau;

/// <summary>The transaction must be aborted; the producer can begin another one.</summary>
public sealed class AbortableKafkaException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
