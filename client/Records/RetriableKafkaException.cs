namespace Zurau;

/// <summary>The same call may succeed later. A producer has tried again by itself for as long as its settings allow.</summary>
public sealed class RetriableKafkaException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
