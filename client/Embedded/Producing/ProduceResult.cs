namespace Zurau.Embedded.Producing;

/// <summary>The answer to one batch.</summary>
/// <param name="Error"><see cref="ErrorCode.None"/>, or why it was refused.</param>
/// <param name="BaseOffset">Offset of its first record; -1 on error and with <see cref="Acks.None"/>.</param>
/// <param name="LogAppendTimeMs">The log's time where the topic uses it, else -1.</param>
/// <param name="Message">What is wrong and what to do, on error.</param>
internal readonly record struct ProduceResult(ErrorCode Error, long BaseOffset, long LogAppendTimeMs, string? Message);
