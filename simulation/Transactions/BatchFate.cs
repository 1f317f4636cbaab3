namespace Zurau.Simulation;

/// <summary>The outcome of a batch according to its log.</summary>
internal enum BatchFate
{
    /// <summary>No marker follows.</summary>
    Open,

    /// <summary>A COMMIT marker follows, or the batch needs none.</summary>
    Committed,

    /// <summary>An ABORT marker follows.</summary>
    Aborted,
}
