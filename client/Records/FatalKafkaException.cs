namespace Zurau;

/// <summary>
/// The producer cannot continue, because another one has replaced it or it is not
/// permitted to: close it.
/// </summary>
public class FatalKafkaException(ErrorCode error, string message, Exception? inner = null) : KafkaException(error, message, inner);
