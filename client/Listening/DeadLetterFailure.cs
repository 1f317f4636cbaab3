namespace Zurau.Listening;

/// <summary>Why a record becomes a dead letter, in the parts that the headers tell apart.</summary>
/// <param name="Exception">The handler's failure, or the value's; null when only the key was bad.</param>
/// <param name="KeyException">The key's failure.</param>
internal readonly record struct DeadLetterFailure(Exception? Exception, SerializationException? KeyException);
