namespace Zurau.Testing.Simulation;

/// <summary>Specifies what a power loss may do to creations, renames and deletions that no directory flush has made durable.</summary>
public enum EntryLoss
{
    /// <summary>Nothing is lost: they are durable immediately.</summary>
    None,

    /// <summary>A prefix is kept, in the order of execution, and the rest is lost, as with a journal.</summary>
    Suffix,

    /// <summary>Each is kept or lost independently. A rename is one change.</summary>
    Any,
}
