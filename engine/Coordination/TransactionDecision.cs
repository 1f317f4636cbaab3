namespace Zurau.Engine.Coordination;

/// <summary>The answer to a request, and the state that has to be in the log before it is given.</summary>
/// <param name="Error">What is answered once <paramref name="Next"/> is in the log.</param>
/// <param name="Next">The new state; null where nothing changes.</param>
internal readonly record struct TransactionDecision(ErrorCode Error, TransactionMetadata? Next = null);
