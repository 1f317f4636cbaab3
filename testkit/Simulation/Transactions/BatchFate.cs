namespace Zurau.Testing.Simulation;

/// <summary>What the log that a batch is in says of it.</summary>
internal enum BatchFate
{
    /// <summary>No marker follows.</summary>
    Open,

    /// <summary>A COMMIT marker follows, or it needs none.</summary>
    Committed,

    /// <summary>An ABORT marker follows.</summary>
    Aborted,
}
