namespace Zurau.Testing.Simulation;

/// <summary>What a power loss may do to creations, renames and deletions that no flush of a directory has made durable.</summary>
public enum EntryLoss
{
    /// <summary>Nothing: they are durable at once.</summary>
    None,

    /// <summary>Some first ones are kept, in the order in which they were made; the rest is lost: a journal.</summary>
    Suffix,

    /// <summary>Each is kept or lost for itself. A rename is one change: never half.</summary>
    Any,
}
