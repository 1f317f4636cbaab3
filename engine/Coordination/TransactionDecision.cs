namespace Zurau.Engine.Coordination;

/// <summary>
/// The answer to a request, and the state that must be in the log before the answer is
/// sent.
/// </summary>
/// <param name="Error">The answer after <paramref name="Next"/> is in the log.</param>
/// <param name="Next">The new state; null if nothing changes.</param>
internal readonly record struct TransactionDecision(ErrorCode Error, TransactionMetadata? Next = null);
