namespace Zurau.Listening;

/// <summary>What the loop does after a failure, and after which pause.</summary>
internal readonly record struct FailureDecision(FailureAction Action, TimeSpan Delay = default);
