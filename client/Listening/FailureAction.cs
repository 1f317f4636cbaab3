namespace Zurau.Listening;

/// <summary>What the loop does after a failure.</summary>
internal enum FailureAction
{
    /// <summary>The record comes again after the delay.</summary>
    DeliverAgain,

    /// <summary>The record is done with: the next one follows.</summary>
    GoOn,

    /// <summary>The listener stops with the record uncommitted.</summary>
    Stop,
}
