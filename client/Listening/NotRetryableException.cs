namespace Zurau;

/// <summary>
/// Says that trying again cannot help: thrown by a handler (also as a cause), the record goes to the dead-letter topic at once.
/// Derive from it, or name other exceptions in <c>Listener:NotRetryableExceptions</c>.
/// </summary>
public class NotRetryableException(string message, Exception? inner = null) : Exception(message, inner);
