namespace Zurau.Engine.Records;

/// <summary>
/// Reports bytes that are not valid records; the message names the position and the
/// problem.
/// </summary>
public sealed class InvalidRecordException(string message, Exception? inner = null) : Exception(message, inner);
