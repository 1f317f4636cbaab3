namespace Zurau;

/// <summary>The producer is of no use any more, because another one has taken its place or it may not do what it does: close it.</summary>
public class FatalKafkaException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
