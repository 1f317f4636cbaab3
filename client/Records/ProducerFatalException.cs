namespace Zurau;

/// <summary>The producer cannot go on: close it and make a new one. What it had open is aborted.</summary>
public class ProducerFatalException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
