namespace Zurau.Engine.Storage;

/// <summary>How a file is opened.</summary>
public enum FileOpening
{
    /// <summary>It must be there.</summary>
    Existing,

    /// <summary>It must not be there.</summary>
    New,

    /// <summary>It is made, or emptied where it is there.</summary>
    Truncated,
}
