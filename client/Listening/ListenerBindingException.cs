namespace Zurau;

/// <summary>A record does not have what a handler's parameter needs. Not retried: the record will not change.</summary>
public sealed class ListenerBindingException(string message, Exception? inner = null) : Exception(message, inner);
