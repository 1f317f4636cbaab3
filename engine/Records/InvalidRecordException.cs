namespace Zurau.Engine.Records;

/// <summary>Bytes that should be records are not: the message says where and what is wrong.</summary>
public sealed class InvalidRecordException(string message, Exception? inner = null) : Exception(message, inner);
