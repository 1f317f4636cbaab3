namespace Zurau.Testing.Simulation;

/// <summary>
/// Specifies what a power loss may do to unflushed directory changes: creations, renames
/// and deletions.
/// </summary>
public enum EntryLoss
{
    /// <summary>Loses none: changes are durable immediately.</summary>
    None,

    /// <summary>
    /// Keeps a prefix in the order of execution, as a journal does, and loses the rest.
    /// </summary>
    Suffix,

    /// <summary>Keeps or loses each change independently. A rename is one change.</summary>
    Any,
}
